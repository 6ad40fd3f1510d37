#include "actors/ui_gateway/export_writer.hpp"

#include "actors/chum_session/fetching.hpp"
#include "actors/common/errors.hpp"
#include "actors/ui_gateway/older.hpp"
#include "protocol/limits.hpp"
#include "storage/evict.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace lama::actors {

namespace {

using self_pointer = export_writer_actor::stateful_pointer<export_writer_state>;
using nlohmann::json;

/// Of a file, between two looks at the mailbox.
constexpr std::size_t step_bytes = 4u << 20;
/// Of one file, which eviction may take before it is copied.
constexpr int most_fetches = 3;
/// A page that the archive is asked for, too.
constexpr std::chrono::minutes page_deadline{2};

void end(self_pointer self, result<export_counts> outcome) {
  auto& st = self->state;
  // Before the answer: who gets it finds nothing half done, and a place free for the next.
  st.file.reset();
  st.run.reset();
  st.place.reset();
  if (auto promise = std::exchange(st.promise, std::nullopt)) {
    if (outcome)
      promise->deliver(export_written{*outcome});
    else
      promise->deliver(to_caf(outcome.failure()));
  }
  self->quit();
}

/// Where it got on: a page is written when its files are there.
void tell_progress(export_writer_state& x) {
  auto written = x.run->counts().messages;
  if (std::exchange(x.told, written) == written)
    return;
  json progress{{"what", "app:export"}, {"progress", written}, {"total", std::max(x.total, written)}};
  caf::anon_send(x.gateway, user_news{x.user, {news{"update:progress", std::move(progress)}}});
}

void go_on(self_pointer self, const result<done>& outcome) {
  if (!outcome)
    return end(self, outcome.failure());
  tell_progress(self->state);
  self->send(self, go_on_exporting{});
}

lama::error refusal_of(const std::string& answered) {
  auto told = json::parse(answered, nullptr, false);
  auto readable = told.is_object() && told["code"].is_number_integer() && told["message"].is_string();
  if (!readable)
    return fail(errc::internal, "the gateway answered with an error that has no code");
  return fail(protocol::jsonrpc::errc_for(told["code"].get<int32_t>()), told["message"].get<std::string>());
}

void take_page(self_pointer self, const wanted_page& page) {
  self->request(self->state.gateway, page_deadline, forward_call{self->state.user, "query:getMessages", page.parameters.dump()})
      .then(
          [self](const call_answered& answered) {
            if (answered.failed)
              return end(self, refusal_of(answered.json));
            go_on(self, self->state.run->give_page(json::parse(answered.json, nullptr, false)));
          },
          [self](const caf::error& failure) { end(self, from_caf(failure)); });
}

void end_file(self_pointer self, bool there) {
  self->state.fetches = 0;
  go_on(self, self->state.run->give_file(there));
}

std::optional<fetch_objects> place_of(const user_context& user, const wanted_file& file) {
  return file.at ? std::optional{fetch_objects{file.at->channel, file.at->entry, {file.blob}}} : place_of_blob(user, file.blob);
}

/// What the device does not keep it asks its archive for; then it is looked for here again.
void fetch(self_pointer self, const user_context_ptr& user, const wanted_file& file) {
  if (++self->state.fetches > most_fetches)
    return end(self, fail(errc::overloaded,
                          "The file " + file.blob.hex() + " goes again before it can be copied: this device has little room. Export from the archive."));
  auto place = place_of(*user, file);
  if (!place)
    return end_file(self, false);
  auto fetcher = user->members->find<archive_fetcher>(user->role(archive_fetcher_role));
  if (!fetcher)
    return end(self, not_here_now());
  self->request(fetcher, page_deadline, std::move(*place))
      .then([self](ok) { self->send(self, go_on_exporting{}); },
            [self](const caf::error& failure) {
              if (from_caf(failure).code == errc::not_found) // lost there as well
                end_file(self, false);
              else
                end(self, not_here_now());
            });
}

result<done> copy_some(export_writer_state::copy& x, const wanted_file& file) {
  for (auto until = std::min(x.size, x.done + step_bytes); x.done < until;) {
    LAMA_TRY(piece, x.from->read_range(file.blob, x.done, static_cast<std::size_t>(std::min<uint64_t>(until - x.done, limits::blob_chunk_bytes))));
    if (piece.empty())
      return fail(errc::corrupt, "The file " + file.blob.hex() + " ends too early. Run `lama verify`.");
    x.digest.update(piece);
    x.to.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    x.done += piece.size();
  }
  if (x.done < x.size)
    return done{};
  x.to.close();
  if (!x.to)
    return fail(errc::io_failure, "Writing " + file.to.string() + " failed. Is the disk full?");
  if (x.digest.finish() != file.blob)
    return fail(errc::corrupt, "What is stored as " + file.blob.hex() + " is not what its name says. Run `lama verify`.");
  return done{};
}

void begin_file(self_pointer self, const user_context_ptr& user, const wanted_file& file) {
  auto& st = self->state;
  auto view = user->store->read();
  auto size = view->size_of(file.blob);
  auto on_device = user->environment->settings.which == side::sparse;
  if (!size && on_device && (file.at || view->elsewhere(file.blob)))
    return fetch(self, user, file);
  if (!size)
    return end_file(self, false);
  user->store->mark_used({file.blob});
  st.file.emplace(export_writer_state::copy{std::move(view), std::ofstream{file.to, std::ios::binary}, {}, *size});
  self->send(self, go_on_exporting{});
}

/// What was fetched for this goes again: the device keeps what it kept before, and what no entry here has would be evicted never.
void give_back(self_pointer self, const user_context_ptr& user, const hash& blob) {
  transact change{"evict what was fetched for an export", [blob](storage::transaction& to) -> result<done> {
                    LAMA_TRY(gone, storage::evict_all(to, {blob}));
                    static_cast<void>(gone);
                    return done{};
                  }};
  self->request(user->writer(), page_deadline, std::move(change))
      .then([self](const transacted&) { end_file(self, true); },
            [self, user](const caf::error& failure) {
              user->environment->log(log_warning, export_writer_state::name, "a fetched file stays here: " + from_caf(failure).message);
              end_file(self, true);
            });
}

void go_on_copying(self_pointer self, const user_context_ptr& user, const wanted_file& file) {
  auto& st = self->state;
  auto copied = copy_some(*st.file, file);
  if (!copied || st.file->done < st.file->size)
    return go_on(self, copied);
  st.file.reset();
  if (st.fetches > 0)
    give_back(self, user, file.blob);
  else
    end_file(self, true);
}

void take_next(self_pointer self) {
  auto& st = self->state;
  if (!st.run)
    return;
  auto user = st.context->directory->context_of(st.user);
  if (!user)
    return end(self, fail(errc::locked, "The user logged out; nothing was exported."));
  auto need = st.run->next();
  if (const auto* page = std::get_if<wanted_page>(&need))
    take_page(self, *page);
  else if (const auto* file = std::get_if<wanted_file>(&need))
    st.file ? go_on_copying(self, user, *file) : begin_file(self, user, *file);
  else
    end(self, st.run->finish());
}

uint64_t messages_in(const json& conversations) {
  uint64_t count = 0;
  for (const auto& x : conversations)
    count += x.value("count", uint64_t{0});
  return count;
}

} // namespace

export_writer_actor::behavior_type export_writer(self_pointer self, std::shared_ptr<const connection_context> context, ui_gateway_actor gateway,
                                                 std::string user) {
  self->state.context = std::move(context);
  self->state.gateway = std::move(gateway);
  self->state.user = std::move(user);
  self->set_down_handler([self](const caf::down_msg&) { end(self, fail(errc::cancelled, "The node is shutting down; nothing was exported.")); });
  self->monitor(self->state.gateway);
  self->set_exception_handler([self](std::exception_ptr&) -> caf::error {
    end(self, fail(errc::internal, "an export ended by an exception")); // whoever waits is told
    return caf::exit_reason::unhandled_exception;
  });
  return {
      [self](write_export& what) -> caf::result<export_written> {
        auto& st = self->state;
        auto folder = export_folder::begin(what.path, what.work);
        if (!folder) {
          self->quit();
          return to_caf(folder.failure());
        }
        st.place = std::move(what.place);
        st.total = messages_in(what.conversations);
        st.run.emplace(std::move(*folder), std::move(what.conversations), export_choice{what.html, true});
        st.promise = self->make_response_promise<export_written>();
        self->send(self, go_on_exporting{});
        return *st.promise;
      },
      [self](go_on_exporting) { take_next(self); },
  };
}

} // namespace lama::actors
