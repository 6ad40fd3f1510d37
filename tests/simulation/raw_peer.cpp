#include "tests/simulation/raw_peer.hpp"

#include "protocol/limits.hpp"

#include <utility>

namespace lama::simulator {

using namespace std::chrono_literals;
namespace action = protocol::action;
namespace chum = protocol::chum;

namespace {

protocol::json own_hello() {
  protocol::sync::hello x;
  x.store_id = "a store that lies";
  return protocol::sync::write_hello(x);
}

} // namespace

raw_peer::raw_peer(world& all, const actors::user_context& who, uint64_t seed)
    : all_(all), me_(who.me), keys_(who.keys), random_(seed), index_(all.add([](world&, node_index, node&) {})),
      network_(all.lines(), index_, [&all] { return all.now(); }) {
  identity_.email = me_.email;
  identity_.instance_name = me_.instance_name;
  identity_.person = {me_.person_public.encryption, me_.person_public.signing};
  identity_.instance = {me_.instance_public.encryption, me_.instance_public.signing};
}

raw_peer::~raw_peer() {
  if (id_ != 0)
    network_.close(id_, net::close_code::normal, "");
}

int64_t raw_peer::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(all_.now().time_since_epoch()).count();
}

result<done> raw_peer::connect(const std::string& url, const protocol::key32& remote_instance_key) {
  session_ = std::make_unique<protocol::session>(protocol::initiator_settings{"chum", me_.instance_public.encryption, remote_instance_key, identity_}, random_);
  net::connection_events events;
  events.opened = [this](net::connection_id) {
    session_->opened(all_.now());
    carry_out();
  };
  events.received = [this](net::connection_id id, net::frame x) {
    network_.grant(id, 1);
    session_->receive({x.text, std::move(x.bytes)}, all_.now());
    carry_out();
  };
  events.closed = [this](net::connection_id, std::string reason, uint16_t) {
    open_ = false;
    id_ = 0;
    end_ = std::move(reason);
  };
  open_ = true;
  id_ = network_.connect(url, std::move(events), 5000);
  network_.set_message_limit(id_, limits::assembled_message_bytes);
  auto ready = [this] { return stock_dialect_ ? stock_ != nullptr : answered_ && greeted_; };
  for (auto end = all_.now() + 20s; all_.now() < end && open_ && !ready();)
    run_for(10ms);
  if (ready())
    return done{};
  return fail(errc::offline, open_ ? "it did not say hello" : "it closed: " + end_);
}

void raw_peer::send(std::string_view bytes) {
  if (session_->send_binary(bytes, all_.now()))
    carry_out();
}

void raw_peer::run_for(duration time) {
  for (auto end = all_.now() + time; all_.now() < end;) {
    all_.run_for(std::min<duration>(10ms, end - all_.now()));
    if (!open_)
      continue;
    session_->tick(all_.now());
    if (stock_) {
      stock_->tick(taken_, now_ms());
      if (!hello_ && !stock_dialect_) // the first answer of the other side opens the machine for requests
        if (auto asked = stock_->ask(chum::service::lama_hello, protocol::json::array({own_hello()}), now_ms()))
          hello_ = *asked;
      carry_out_stock();
    }
    carry_out();
  }
}

void raw_peer::carry_out() {
  for (auto actions = session_->take_actions(); !actions.empty() && open_; actions = session_->take_actions())
    for (auto& x : actions)
      perform(x);
}

void raw_peer::perform(protocol::session_action& x) {
  if (auto* frame = std::get_if<action::send_frame>(&x)) {
    network_.send(id_, {frame->frame.text, std::move(frame->frame.bytes)});
  } else if (auto* asks = std::get_if<action::need_shared_key>(&x)) {
    auto of_instance = asks->own_public == me_.instance_public.encryption;
    auto shared = keys_->shared_with(of_instance ? me_.instance : me_.person, asks->remote_public);
    session_->provide_shared_key(shared ? std::optional{*shared} : std::nullopt, all_.now());
  } else if (std::holds_alternative<action::peer_identified>(x)) {
    session_->proceed(all_.now());
  } else if (std::holds_alternative<action::established>(x)) {
    chum::session_options options;
    if (!stock_dialect_)
      options.extra_services = {chum::service::lama_hello};
    options.importer.fetch.judge = [](protocol::policy::role, std::string_view, std::string_view) -> result<done> { return done{}; };
    stock_ = std::make_unique<chum::session>(std::move(options), std::make_shared<chum::announced_hashes>());
    stock_->start_synchronised(now_ms());
    stock_->pause_import(!stock_dialect_, now_ms());
    carry_out_stock();
  } else if (auto* received = std::get_if<action::received>(&x)) {
    take(received->content);
  } else if (auto* closing = std::get_if<action::close>(&x)) {
    network_.close(id_, net::close_code::normal, closing->reason);
    open_ = false;
  }
}

void raw_peer::take(protocol::message& content) {
  if (!content.text) {
    received_.push_back(std::move(content.bytes));
    return;
  }
  texts_.push_back(content.bytes);
  stock_->receive_text(content.bytes, taken_, now_ms());
  carry_out_stock();
}

void raw_peer::carry_out_stock() {
  for (auto actions = stock_->take_actions(); !actions.empty(); actions = stock_->take_actions())
    for (auto& x : actions) {
      if (auto* text = std::get_if<chum::send_text>(&x)) {
        if (session_->send_text(text->text, all_.now()))
          carry_out();
      } else if (auto* asks = std::get_if<chum::remote_asks>(&x)) {
        stock_->answer(asks->request.id, {{"version", protocol::sync::extension_version}});
        greeted_ = true;
      } else if (auto* batch = std::get_if<chum::store_batch>(&x)) {
        stock_->stored(batch->number, chum::apply(taken_, *batch), taken_, now_ms());
      } else if (auto* answer = std::get_if<chum::remote_answers>(&x)) {
        answered_ = answered_ || (hello_ && answer->id == *hello_ && answer->outcome);
      }
    }
}

} // namespace lama::simulator
