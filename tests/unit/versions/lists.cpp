#include "tests/unit/versions/lists.hpp"

#include "protocol/versions/versions.hpp"

#include <stdexcept>

namespace lama::testing {

using namespace protocol;

hash put_time(object_space& space, double time) {
  return put(space, object_writer{"CreationTime"}.number("timestamp", time).object_reference("data", sha256(number_text(time))).finish());
}

std::optional<hash> build_list(object_space& space, const std::vector<double>& times) {
  std::optional<hash> head;
  for (auto time : times) {
    auto inserted = insert_entry(space, head, put_time(space, time), {});
    if (!inserted)
      throw std::runtime_error{inserted.failure().message};
    head = *inserted;
  }
  return head;
}

std::vector<hash> entries_of(const object_source& space, std::optional<hash> head) {
  std::vector<hash> entries;
  for (; head; head = load(space, *head)->reference("previous"))
    entries.push_back(*head);
  return entries;
}

std::vector<double> times_of(const object_source& space, std::optional<hash> head) {
  std::vector<double> times;
  for (auto& entry : entries_of(space, head))
    times.push_back(load(space, *load(space, entry)->reference("data"))->number("timestamp"));
  return times;
}

std::string channel_text(const std::string& id, const std::optional<hash>& head) {
  object_writer out{"ChannelInfo"};
  out.text("id", id);
  if (head)
    out.object_reference("head", *head);
  return out.finish();
}

} // namespace lama::testing
