// What users do in a scenario. Declared in scenario.hpp.
#include "tests/simulation/scenario.hpp"

#include "protocol/models/import.hpp"

#include <algorithm>

namespace lama::simulator {

using namespace std::chrono_literals;

std::string scenario::new_text(std::string_view kind) {
  return std::string{kind} + " " + std::to_string(++numbered_);
}

void scenario::expect(std::size_t home, const std::string& text, const std::string& conversation, bool imported, std::optional<hash> attachment) {
  all_.expected.messages[text] = {conversation, home, all_.expected.conversations[conversation].audience, imported, attachment, false};
}

/// One that this user's sparse instance shows and that takes messages.
std::string scenario::some_conversation(std::size_t home) {
  std::vector<std::string> usable;
  auto& who = *all_.homes[home];
  for (auto& id : who.conversations(who.sparse))
    if (!id.starts_with("import-") && all_.expected.conversations.contains(id))
      usable.push_back(std::move(id));
  return usable.empty() ? all_.direct : usable[below(usable.size())];
}

void scenario::act() {
  auto home = below(2);
  switch (below(16)) {
  case 0:
    return import_some(home);
  case 1:
    return create_group(home);
  case 2:
    return attach_file(home);
  case 3:
  case 4:
  case 5:
    return post_message(home);
  default:
    return send_message(home);
  }
}

void scenario::send_message(std::size_t home) {
  auto& who = *all_.homes[home];
  for (uint64_t i = 0, burst = below(8) == 0 ? 1 + below(20) : 1; i < burst; ++i) {
    auto conversation = some_conversation(home);
    auto text = new_text(who.user + " sends");
    expect(home, text, conversation);
    auto answer = who.send_later(conversation, text);
    tell(text);
    waiting_.push_back([this, answer, text] {
      if (!*answer)
        return false;
      all_.expected.messages[text].acknowledged = static_cast<bool>(**answer);
      return true;
    });
  }
}

void scenario::post_message(std::size_t home) {
  auto& who = *all_.homes[home];
  auto conversation = some_conversation(home);
  auto text = new_text(who.user + " posts");
  expect(home, text, conversation);
  auto answer = who.post_later(conversation, text);
  tell(text);
  waiting_.push_back([this, answer, text] {
    if (!*answer)
      return false;
    all_.expected.messages[text].acknowledged = static_cast<bool>(**answer);
    return true;
  });
}

/// The next lines of one file, together with some that were imported before.
void scenario::import_some(std::size_t home) {
  auto& who = *all_.homes[home];
  auto source = "history of " + who.user;
  auto conversation = models::imported_conversation_id(source);
  auto repeated = std::min<uint64_t>(imported_lines_[home], below(4));
  auto first = imported_lines_[home] + 1 - repeated;
  auto count = repeated + 1 + below(5);
  imported_lines_[home] = first + count - 1;
  all_.expected.conversations.try_emplace(conversation, expected_conversation{{home}, false});
  std::vector<std::string> lines;
  std::vector<std::string> texts;
  for (uint64_t number = first; number < first + count; ++number) {
    auto text = who.user + " imports line " + std::to_string(number);
    if (!all_.expected.messages.contains(text))
      expect(home, text, conversation, true);
    lines.push_back(R"({"time":)" + std::to_string(1'600'000'000'000 + static_cast<int64_t>(number) * 1000) + R"(,"author":"Carla","text":")" + text + R"("})");
    texts.push_back(text);
  }
  tell(who.user + " imports lines " + std::to_string(first) + " to " + std::to_string(first + count - 1));
  auto answer = who.import_later(source, first, std::move(lines));
  waiting_.push_back([this, answer, texts, conversation] {
    if (!*answer)
      return false;
    if (**answer)
      all_.expected.conversations[conversation].acknowledged = true;
    if (**answer)
      for (const auto& text : texts)
        all_.expected.messages[text].acknowledged = true;
    return true;
  });
}

void scenario::create_group(std::size_t home) {
  auto& who = *all_.homes[home];
  auto answer = who.create_later(new_text("Group"), {all_.persons[1 - home]});
  auto beginning = "group-" + std::to_string(numbered_) + "-";
  tell(who.user + " creates " + beginning);
  wait_for([&] { return answer->has_value() || !who.archive.is_up(); }, 35s);
  if (*answer && **answer)
    all_.expected.conversations[(**answer)->conversation] = {{0, 1}};
  else
    all_.expected.groups.push_back(beginning);
}

void scenario::attach_file(std::size_t home) {
  auto& who = *all_.homes[home];
  auto text = new_text(who.user + " attaches a file to");
  std::string content;
  for (uint64_t i = 0, size = 1 + below(3000); i < size; ++i)
    content += static_cast<char>(below(256));
  if (below(6) == 0)
    content.resize(200'000, 'x'); // several pieces
  auto descriptor = who.attach("file " + std::to_string(numbered_), content);
  tell(text + (descriptor ? "" : " (not stored: " + descriptor.failure().message + ")"));
  if (!descriptor)
    return;
  auto conversation = some_conversation(home);
  expect(home, text, conversation, false, *descriptor);
  auto answer = who.send_later(conversation, text, {*descriptor});
  waiting_.push_back([this, answer, text] {
    if (!*answer)
      return false;
    all_.expected.messages[text].acknowledged = static_cast<bool>(**answer);
    return true;
  });
}

} // namespace lama::simulator
