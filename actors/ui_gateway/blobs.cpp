#include "actors/ui_gateway/calls.hpp"
#include "actors/ui_gateway/older.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

/// Attachments: PUT /blob/<hash> goes piece by piece to the store's writer, GET /blob/<hash> comes piece by piece out of it.
namespace lama::actors {

namespace {

/// As much as file systems take.
constexpr std::size_t file_name_bytes = 255;

/// The server asks for a piece; the answer comes from the gateway's actor, not from the I/O thread.
net::piece_source source_of(const std::shared_ptr<roster>& members, const std::string& user, const hash& blob, uint64_t offset, uint64_t length) {
  auto at = std::make_shared<uint64_t>(offset);
  return [members, user, blob, at, end = offset + length](net::piece_taker take) {
    auto count = static_cast<std::size_t>(std::min<uint64_t>(end - *at, limits::blob_chunk_bytes));
    if (count == 0)
      return take(std::string{});
    auto gateway = members->find<ui_gateway_actor>("ui-gateway");
    if (!gateway)
      return take(fail(errc::cancelled, "the node is shutting down"));
    caf::anon_send(gateway, download_wanted{user, blob, std::exchange(*at, *at + count), count, std::move(take)});
  };
}

/// Asks the server for the next piece of the body.
void ask_for_piece(const std::shared_ptr<roster>& members, const std::shared_ptr<arrived_request>& from, uint64_t number) {
  from->request.content([members, number](result<std::string> piece) {
    if (auto gateway = members->find<ui_gateway_actor>("ui-gateway"))
      caf::anon_send(gateway, upload_piece{number, std::make_shared<result<std::string>>(std::move(piece))});
  });
}

void end_upload(gateway_pointer self, uint64_t number, net::http_response answer) {
  if (auto found = self->state.uploads.extract(number))
    found.mapped().from->respond(std::move(answer));
}

void break_off(gateway_pointer self, uint64_t number, const lama::error& failure) {
  if (auto found = self->state.uploads.find(number); found != self->state.uploads.end())
    self->send(found->second.writer, cancel_blob{found->second.blob});
  end_upload(self, number, http_failure(self, failure));
}

void finish(gateway_pointer self, uint64_t number, const gateway_state::upload& x) {
  self->request(x.writer, self->state.deadline(), finish_blob{x.blob, x.expected})
      .then(
          [self, number](const blob_stored& stored) {
            net::http_response created;
            created.status = 201;
            created.body = json{{"hash", stored.name.hex()}}.dump();
            end_upload(self, number, std::move(created));
          },
          [self, number](const caf::error& failure) { break_off(self, number, from_caf(failure)); });
}

/// The name as RFC 8187 has it: anything but letters, digits and a few marks is percent-encoded.
std::string saved_as(const std::string& name) {
  if (name.empty())
    return {};
  std::string encoded;
  for (unsigned char c : name.substr(0, file_name_bytes)) {
    if (std::isalnum(c) || c == '.' || c == '-' || c == '_')
      encoded += static_cast<char>(c);
    else
      encoded.append("%").append(to_hex({reinterpret_cast<const char*>(&c), 1}));
  }
  return "; filename*=UTF-8''" + encoded;
}

void serve(gateway_pointer self, const std::shared_ptr<arrived_request>& what, bool may_fetch) {
  auto user = user_of(self, caller_of(*what));
  if (!user)
    return what->respond(http_failure(self, user.failure()));
  auto blob = hash::from_hex(what->request.blob);
  auto view = (*user)->store->read();
  auto size = blob ? view->size_of(*blob) : std::nullopt;
  if (!size && may_fetch && blob && !self->state.is_archive())
    return fetch_blob(self, *user, *blob, [self, what](const result<done>& fetched) {
      if (fetched)
        serve(self, what, false);
      else
        what->respond(http_failure(self, fetched.failure()));
    });
  if (!size)
    return what->respond(http_failure(self, fail(errc::not_found, "There is no such blob here.")));
  (*user)->store->mark_used({*blob});
  auto members = self->state.context->members;
  auto answer =
      net::ranged_response(what->request, *size, [&](uint64_t offset, uint64_t length) { return source_of(members, (*user)->user, *blob, offset, length); });
  // What a contact sent is never run in the page's place.
  answer.content_type = "application/octet-stream";
  answer.headers.emplace_back("Content-Disposition", "attachment" + saved_as(what->request.file_name));
  what->respond(std::move(answer));
}

} // namespace

void serve_download(gateway_pointer self, const std::shared_ptr<arrived_request>& what) {
  serve(self, what, true);
}

void read_download(gateway_pointer self, const download_wanted& wanted) {
  auto context = self->state.context->directory->context_of(wanted.user);
  if (!context)
    return wanted.take(fail(errc::locked, "the user logged out"));
  wanted.take(context->store->read()->read_range(wanted.blob, wanted.offset, wanted.length));
}

void begin_upload(gateway_pointer self, const std::shared_ptr<arrived_request>& what) {
  auto& st = self->state;
  auto user = user_of(self, caller_of(*what));
  if (!user)
    return what->respond(http_failure(self, user.failure()));
  auto expected = hash::from_hex(what->request.blob);
  if (!expected)
    return what->respond(http_failure(self, fail(errc::bad_input, "A blob is named by 64 hex digits.")));
  if (st.uploads.size() >= most_uploads)
    return what->respond(http_failure(self, fail(errc::overloaded, "Too many uploads are under way; try again in a moment.")));
  auto number = ++st.last_upload;
  auto writer = (*user)->writer();
  self->request(writer, st.deadline(), begin_blob{})
      .then(
          [self, number, what, writer, name = (*user)->user, expected](const blob_begun& begun) {
            auto& state = self->state;
            state.uploads.emplace(number, gateway_state::upload{name, writer, begun.upload, *expected, what});
            ask_for_piece(state.context->members, what, number);
          },
          [self, what](const caf::error& failure) { what->respond(http_failure(self, from_caf(failure))); });
}

void continue_upload(gateway_pointer self, const upload_piece& piece) {
  auto found = self->state.uploads.find(piece.number);
  if (found == self->state.uploads.end())
    return; // of a gateway that died; the server tells the client
  const auto& x = found->second;
  if (!*piece.piece)
    return break_off(self, piece.number, piece.piece->failure());
  if ((*piece.piece)->empty())
    return finish(self, piece.number, x);
  self->request(x.writer, self->state.deadline(), append_blob{x.blob, std::move(**piece.piece)})
      .then([self, number = piece.number, from = x.from](ok) { ask_for_piece(self->state.context->members, from, number); },
            [self, number = piece.number](const caf::error& failure) { break_off(self, number, from_caf(failure)); });
}

} // namespace lama::actors
