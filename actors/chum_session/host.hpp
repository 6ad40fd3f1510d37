#pragma once

#include "actors/chum_session/chum_session.hpp"

namespace lama::actors {

/// Does for the two session machines what they ask for: sends, stores, waits. A cover over the actor's pointer, made for each message.
class chum_host {
public:
  using self_pointer = chum_session_actor::stateful_pointer<chum_session_state>;

  explicit chum_host(self_pointer self) : self_(self) {
    // nop
  }

  int64_t now_ms() const;
  void receive(connection_message& message);
  void committed(uint64_t sequence);
  void tick();
  /// All actions of both machines, until there are none; then the next timer.
  void carry_out();
  void save_frontiers();
  /// Ends the connection; empty: as planned.
  void close(const std::string& why);
  /// Answers when it is stored.
  template <class Request>
  caf::result<ok> fetch(const Request& what);
  /// Asks for what is lost here, a piece of the list at a time.
  void heal();
  void retry_healing_now();
  /// Whoever waits for a fetch is told.
  void give_up_fetches();

private:
  chum_session_state& state() {
    return self_->state;
  }
  const user_context& user() {
    return *self_->state.plan.user;
  }
  storage::sync_peer peer();

  bool do_stock_actions();
  bool do_extension_actions();
  void say_hello();
  void switch_to_extension();
  void serve_fetches();
  void keep_for_who_looked(const fetch_page& page);
  void healed(uint32_t request, const result<done>& outcome);
  void heal_from_friend();
  void retry_healing_in(std::chrono::milliseconds wait);
  void stay_with_stock(const lama::error& why);
  void tell_what_it_takes();
  void tell_what_it_holds();
  void send(bool text, std::string bytes);
  void store(protocol::chum::store_batch batch);
  void store(protocol::sync::commit_batch batch);
  void upload(uint64_t number, const char* label, std::function<result<done>(storage::store&, uint64_t)> work, bool answers);
  void answer_hello(const protocol::chum::remote_asks& asked);
  void take_hello_answer(const protocol::chum::remote_answers& answered);
  void arm();

  // One for each kind of action.
  void perform(protocol::chum::send_text& x);
  void perform(protocol::chum::send_binary& x);
  void perform(protocol::chum::store_batch& x);
  void perform(protocol::chum::blob_begin& x);
  void perform(protocol::chum::blob_piece& x);
  void perform(protocol::chum::blob_finish& x);
  void perform(protocol::chum::blob_cancel& x);
  void perform(protocol::chum::round_complete& x);
  void perform(protocol::chum::remote_asks& x);
  void perform(protocol::chum::remote_answers& x);
  void perform(protocol::chum::close_session& x);
  void perform(protocol::sync::send& x);
  void perform(protocol::sync::commit_batch& x);
  void perform(protocol::sync::save_frontier& x);
  void perform(protocol::sync::delivered& x);
  void perform(protocol::sync::answered& x);
  void perform(protocol::sync::caught_up& x);
  void perform(protocol::sync::declined& x);
  void perform(protocol::sync::close_session& x);

  self_pointer self_;
};

} // namespace lama::actors
