#include "protocol/sync/session.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <iterator>

namespace lama::protocol::sync {

namespace {

error not_connected() {
  return fail(errc::offline, "The other node is not connected.");
}

} // namespace

session::session(session_config config) : config_{std::move(config)} {
  // nop
}

nlohmann::json session::hello() const {
  sync::hello x;
  x.store_id = config_.store_id;
  x.resume = config_.resume;
  x.imports = config_.imports;
  x.entry_window = config_.entry_window;
  x.blob_limit = config_.blob_limit;
  x.types = config_.shared_types;
  x.heals = static_cast<bool>(config_.gives_back);
  x.texts = config_.keeps_texts;
  return write_hello(x);
}

result<nlohmann::json> session::hello_received(const nlohmann::json& arguments) {
  LAMA_TRY(remote, read_hello(arguments));
  auto answer = nlohmann::json{{"version", std::min(extension_version, remote.version)}};
  if (exporter_ != nullptr)
    return answer;
  remote_store_ = remote.store_id;
  remote_imports_ = remote.imports;
  remote_heals_ = remote.heals;
  std::erase_if(remote.types, [this](const std::string& type) { return std::ranges::find(config_.shared_types, type) == config_.shared_types.end(); });
  remote_types_ = std::move(remote.types);
  auto may_leave = config_.may_leave;
  if (may_leave && !remote_types_.empty())
    may_leave = [usual = config_.may_leave, taken = remote_types_](std::string_view type) {
      return usual(type) || std::ranges::find(taken, type) != taken.end();
    };
  exporter_ = std::make_unique<exporter>(exporter_config{config_.remote_person, remote.resume, config_.store_id, config_.exports, remote.entry_window,
                                                         remote.blob_limit, std::move(may_leave), config_.takes_version, config_.gives_back,
                                                         remote.texts && config_.keeps_texts ? std::optional{config_.mode} : std::nullopt,
                                                         config_.mode == version_mode::adopt && config_.accepts_elsewhere});
  auto sequence = config_.resume.store == remote.store_id ? config_.resume.sequence : 0;
  if (config_.imports)
    importer_ = std::make_unique<importer>(importer_config{remote.store_id, sequence, config_.mode, config_.accepts_elsewhere, config_.recipes, config_.policy,
                                                           config_.learn, config_.keeps_texts},
                                           exporter_.get());
  return answer;
}

void session::hello_answered() {
  answered_ = true;
}

void session::close(error reason) {
  if (std::exchange(closed_, true))
    return;
  collect();
  actions_.push_back(close_session{std::move(reason)});
}

/// Drops what was concluded from a disk that fails: the next session starts from what is durable.
bool session::in_trouble(const change_source& source) {
  auto trouble = source.trouble();
  if (!trouble || closed_)
    return trouble.has_value();
  exporter_->take_actions();
  if (importer_ != nullptr)
    importer_->take_actions();
  close(std::move(*trouble));
  return true;
}

/// What both halves want done. After the end nothing more is sent.
void session::collect() {
  auto take = [this](auto& half) {
    if (half == nullptr)
      return;
    auto more = half->take_actions();
    actions_.insert(actions_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  take(importer_);
  take(exporter_);
}

std::vector<action> session::take_actions() {
  if (!closed_)
    collect();
  return std::exchange(actions_, {});
}

void session::receive(std::string message, const change_source& source) {
  if (closed_)
    return;
  if (exporter_ == nullptr) {
    close(fail(errc::bad_input, "The remote node sends sync messages before its hello.", "SYNC-STATE"));
    return;
  }
  stirred_ = true;
  auto handled = handle(std::move(message), source);
  if (!in_trouble(source) && !handled)
    close(std::move(handled).failure());
}

result<done> session::handle(std::string message, const change_source& source) {
  auto shared = std::make_shared<const std::string>(std::move(message));
  LAMA_TRY(x, read_frame(*shared));
  auto half = [&](auto& which, const auto& content) -> result<done> {
    return which != nullptr ? which->receive(content) : fail(errc::bad_input, "The remote node sends what was not asked for.", "SYNC-STATE");
  };
  if (auto* batch = std::get_if<batch_frame>(&x)) {
    if (importer_ == nullptr)
      return fail(errc::bad_input, "The remote node pushes, although nothing is imported here.", "SYNC-STATE");
    return importer_->receive(std::move(*batch), shared, source.objects());
  }
  if (auto* refused = std::get_if<refused_frame>(&x))
    return half(importer_, *refused);
  if (auto* ack = std::get_if<ack_frame>(&x))
    return half(exporter_, *ack);
  if (auto* page = std::get_if<page_frame>(&x))
    return half(exporter_, *page);
  if (auto* fetch = std::get_if<fetch_frame>(&x))
    return half(exporter_, *fetch);
  if (auto* heal = std::get_if<heal_frame>(&x))
    return half(exporter_, *heal);
  if (auto* skip = std::get_if<skip_frame>(&x))
    return half(exporter_, *skip);
  return half(exporter_, std::get<restart_frame>(x));
}

void session::stored(uint64_t number, result<done> outcome) {
  if (closed_ || importer_ == nullptr)
    return;
  if (outcome)
    outcome = importer_->stored(number);
  if (!outcome)
    close(std::move(outcome).failure());
}

void session::committed(uint64_t sequence) {
  committed_ = std::max(committed_, sequence);
  stirred_ |= committed_ > pumped_;
}

bool session::pump(const change_source& source) {
  if (!established() || !remote_imports_ || !stirred_)
    return false;
  bool more = exporter_->pump(source);
  if (in_trouble(source))
    return false;
  if (more)
    return true;
  pumped_ = std::max(pumped_, source.last_sequence());
  stirred_ = committed_ > pumped_;
  return false;
}

result<uint32_t> session::ask_page(const page_request& what) {
  return established() && importer_ != nullptr ? importer_->ask(what) : result<uint32_t>{not_connected()};
}

result<uint32_t> session::ask_fetch(const fetch_request& what) {
  return established() && importer_ != nullptr ? importer_->ask(what) : result<uint32_t>{not_connected()};
}

result<uint32_t> session::ask_heal(const heal_request& what) {
  return established() && importer_ != nullptr && remote_heals_ ? importer_->ask(what) : result<uint32_t>{not_connected()};
}

bool session::ask_restart() {
  return established() && importer_ != nullptr && importer_->ask_for_restart();
}

session::progress session::status() const {
  return exporter_ != nullptr ? progress{exporter_->acknowledged(), exporter_->held(), exporter_->skipped()} : progress{};
}

} // namespace lama::protocol::sync
