#include "protocol/connection/frame_layer.hpp"

#include "protocol/connection/text.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

namespace lama::protocol {

namespace {

constexpr uint64_t counter_end = (1ull << 53) - 2;
constexpr uint64_t largest_padding = (1ull << 53) - 1;
constexpr std::size_t length_bytes = 8;
constexpr uint8_t string_flag = 1;

constexpr std::string_view keepalive = "keepalive";
constexpr std::string_view start_binary = "fragmentation_start_binary";
constexpr std::string_view start_string = "fragmentation_start_string";
constexpr std::string_view fragmentation_end = "fragmentation_end";

bool starts_with_keyword(std::string_view text) {
  return text.starts_with(start_binary) || text.starts_with(start_string) || text.starts_with(fragmentation_end);
}

std::size_t log2_bytes(std::size_t x) {
  return static_cast<std::size_t>(std::bit_width(x) - 1) / 8;
}

error too_long(std::size_t limit) {
  return fail(errc::too_large, "Received message that is longer than " + std::to_string(limit) + " bytes.");
}

} // namespace

result<std::array<uint8_t, 24>> nonce_of(uint64_t counter) {
  if (counter >= counter_end)
    return fail(errc::too_large, "Nonce counter reached its maximum value.");
  std::array<uint8_t, 24> nonce{};
  for (std::size_t i = 0; i < 8; ++i)
    nonce[23 - i] = static_cast<uint8_t>(counter >> 8 * i);
  return nonce;
}

void append_padding(std::string& out, std::size_t area, uint8_t flags, random_source& random) {
  std::size_t count = area == 0 ? 0 : log2_bytes(area - log2_bytes(area)) + 1;
  out += static_cast<char>(flags << 4 | static_cast<int>(count));
  auto padding = area - count;
  for (auto i = count; i > 0; --i)
    out += static_cast<char>(padding >> 8 * (i - 1));
  auto at = out.size();
  out.resize(at + padding);
  if (padding > 0)
    random.fill(std::span{reinterpret_cast<uint8_t*>(out.data()) + at, padding});
}

result<unpadded> unpad(std::string_view padded) {
  if (padded.empty())
    return fail(errc::bad_input, "Received message without a padding head.");
  auto head = static_cast<uint8_t>(padded[0]);
  std::size_t count = head & 0x0F;
  if (count > length_bytes || padded.size() < 1 + count)
    return fail(errc::bad_input, "Received message with a bad padding length.");
  uint64_t padding = 0;
  for (std::size_t i = 1; i <= count; ++i)
    padding = padding << 8 | static_cast<uint8_t>(padded[i]);
  if (padding > largest_padding)
    return fail(errc::bad_input, "paddingLength must not be larger than Number.MAX_SAFE_INTEGER");
  if (padding > padded.size() - 1 - count)
    return fail(errc::bad_input, "Received message with a padding beyond its end.");
  return unpadded{static_cast<uint8_t>(head >> 4), 1 + count + static_cast<std::size_t>(padding)};
}

secure_channel::secure_channel(const key32& shared, connection_role own_role, random_source& random, time_point now)
    : secure_channel(shared, own_role, random, now, sizes{}) {
  // nop
}

secure_channel::secure_channel(const key32& shared, connection_role own_role, random_source& random, time_point now, sizes chosen)
    : key_(shared), random_(&random), sizes_(chosen), send_counter_(own_role == connection_role::initiator ? 1 : 0),
      receive_counter_(own_role == connection_role::initiator ? 0 : 1), send_at_(now + keepalive_send), silent_at_(now + keepalive_detect) {
  // nop
}

secure_channel::~secure_channel() {
  wipe(key_);
}

result<done> secure_channel::send_text(std::string_view text, time_point now, std::vector<wire_frame>& out) {
  // A code unit takes one to three bytes, so that most texts need not be counted.
  auto shortest = sizes_.chunk / 4;
  auto fragmented = text.size() >= shortest && (text.size() > 3 * shortest || utf16_length(text) >= shortest);
  if (fragmented)
    return send_chunks(start_string, text, true, now, out);
  return send_string_piece(text, starts_with_keyword(text) ? "x" : "", now, out);
}

result<done> secure_channel::send_binary(std::string_view bytes, time_point now, std::vector<wire_frame>& out) {
  if (bytes.size() <= sizes_.chunk)
    return seal(false, bytes, {}, now, out);
  return send_chunks(start_binary, bytes, false, now, out);
}

result<done> secure_channel::send_string_piece(std::string_view text, std::string_view escape, time_point now, std::vector<wire_frame>& out) {
  return seal(true, text, text.starts_with(keepalive) ? "x" : escape, now, out);
}

result<done> secure_channel::send_chunks(std::string_view keyword, std::string_view bytes, bool text, time_point now, std::vector<wire_frame>& out) {
  std::string repaired;
  if (text && bytes.find('\xED') != std::string_view::npos) {
    repaired = bytes; // before the cuts, which may fall inside a character
    replace_surrogates(repaired);
    bytes = repaired;
  }
  LAMA_CHECK(send_string_piece(keyword, {}, now, out));
  for (std::size_t at = 0; at < bytes.size(); at += sizes_.chunk)
    LAMA_CHECK(seal(false, bytes.substr(at, sizes_.chunk), {}, now, out));
  return send_string_piece(fragmentation_end, {}, now, out);
}

result<done> secure_channel::seal(bool text, std::string_view value, std::string_view escape, time_point now, std::vector<wire_frame>& out) {
  LAMA_TRY(nonce, nonce_of(send_counter_));
  send_counter_ += 2;
  uint8_t area = 0;
  random_->fill({&area, 1});
  std::string frame;
  frame.reserve(tag_bytes + 1 + area + value.size() + escape.size());
  frame.append(tag_bytes, '\0');
  append_padding(frame, area, text ? string_flag : 0, *random_);
  auto begin = frame.size();
  frame += value;
  frame += escape;
  if (text)
    replace_surrogates(frame, begin);
  seal_in_place({reinterpret_cast<uint8_t*>(frame.data()), frame.size()}, nonce, key_);
  out.push_back({false, std::move(frame)});
  send_at_ = now + keepalive_send;
  return done{};
}

result<std::optional<message>> secure_channel::receive(wire_frame frame, time_point now) {
  if (frame.bytes.size() > limits::websocket_message_bytes)
    return too_long(limits::websocket_message_bytes);
  LAMA_TRY(piece, open(std::move(frame)));
  silent_at_ = now + keepalive_detect;
  if (piece.text && piece.bytes.starts_with(keepalive)) {
    if (piece.bytes.size() == keepalive.size())
      return std::optional<message>{};
    drop_last_unit(piece.bytes);
  }
  return assembling_ == assembly::none ? receive_outside(std::move(piece)) : receive_inside(std::move(piece));
}

result<message> secure_channel::open(wire_frame frame) {
  LAMA_TRY(nonce, nonce_of(receive_counter_));
  receive_counter_ += 2; // used up by a frame that fails, too
  if (frame.text)
    return fail(errc::bad_input, "Incoming encrypted message is a string, it needs to be binary");
  auto& bytes = frame.bytes;
  if (!open_in_place({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()}, nonce, key_))
    return fail(errc::wrong_secret, "Decryption of message failed.");
  LAMA_TRY(content, unpad(std::string_view{bytes}.substr(tag_bytes)));
  bytes.erase(0, tag_bytes + content.offset);
  auto text = (content.flags & string_flag) != 0;
  return message{text, text ? decode_text(std::move(bytes)) : std::move(bytes)};
}

result<std::optional<message>> secure_channel::receive_outside(message piece) {
  if (piece.bytes.size() > sizes_.message)
    return too_long(sizes_.message);
  if (!piece.text || !starts_with_keyword(piece.bytes))
    return std::optional{std::move(piece)};
  if (piece.bytes == fragmentation_end)
    return fail(errc::bad_input, "No chunks processing in progress. fragmentation_end message not allowed.");
  if (piece.bytes == start_string)
    assembling_ = assembly::string;
  else if (piece.bytes == start_binary)
    assembling_ = assembly::binary;
  else
    drop_last_unit(piece.bytes);
  return assembling_ == assembly::none ? std::optional{std::move(piece)} : std::nullopt;
}

result<std::optional<message>> secure_channel::receive_inside(message piece) {
  auto text = assembling_ == assembly::string;
  std::string kind = text ? "string" : "binary";
  if (!piece.text) {
    if (piece.bytes.size() > sizes_.message - std::min(sizes_.message, assembled_.size()))
      return too_long(sizes_.message);
    assembled_ += piece.bytes;
    return std::optional<message>{};
  }
  if (piece.bytes == start_string || piece.bytes == start_binary)
    return fail(errc::bad_input, "Already processing " + kind + " chunks. " + piece.bytes + " message not allowed.");
  if (piece.bytes != fragmentation_end)
    return fail(errc::bad_input, "Currently processing " + kind + " chunks. No string messages allowed except the fragmentation_end message.");
  assembling_ = assembly::none;
  auto bytes = std::exchange(assembled_, {});
  return std::optional{message{text, text ? decode_text(std::move(bytes)) : std::move(bytes)}};
}

result<done> secure_channel::tick(time_point now, std::vector<wire_frame>& out) {
  if (now >= silent_at_)
    return fail(errc::timeout, "Keepalive: No lifesign of the other side");
  if (now >= send_at_)
    return seal(true, keepalive, {}, now, out);
  return done{};
}

time_point secure_channel::next_deadline() const {
  return std::min(send_at_, silent_at_);
}

} // namespace lama::protocol
