#include "protocol/models/channel_list.hpp"

#include "protocol/limits.hpp"

namespace lama::models::detail {

result<creation_time> read_creation_time(const object_source& from, const hash& name) {
  LAMA_TRY(x, protocol::load(from, name));
  auto payload = x.reference("data");
  if (x.type != "CreationTime" || !payload)
    return fail(errc::bad_input, "object " + name.hex() + " is no CreationTime");
  return creation_time{x.number("timestamp"), *payload};
}

result<list_entry> read_list_entry(const object_source& from, const hash& entry) {
  LAMA_TRY(x, protocol::load(from, entry));
  auto data = x.reference("data");
  if (x.type != "LinkedListEntry" || !data)
    return fail(errc::bad_input, "object " + entry.hex() + " is no LinkedListEntry");
  LAMA_TRY(when, read_creation_time(from, *data));
  auto previous = x.reference("previous");
  return list_entry{entry, *data, when.timestamp, when.payload, std::move(x), previous};
}

result<place_in_list> find_place(const object_source& from, const std::optional<hash>& head, double timestamp, const hash& creation_time) {
  place_in_list out;
  out.below = head;
  while (out.below) {
    LAMA_TRY(here, read_list_entry(from, *out.below));
    if (here.creation_time == creation_time) {
      out.existing = here.entry;
      return out;
    }
    // The order of docs/protocol/04 §4.4; "plain string comparison" of hashes is that of their bytes.
    bool newer = here.timestamp != timestamp ? here.timestamp > timestamp : here.creation_time > creation_time;
    if (!newer)
      return out;
    if (out.above.size() == limits::channel_rebuild)
      return fail(errc::conflict,
                  "the entry is older than the newest " + std::to_string(limits::channel_rebuild) + " of its channel; write it with a newer time");
    out.below = here.previous;
    out.above.push_back(std::move(here));
  }
  return out;
}

result<inserted> insert_at(object_space& space, const place_in_list& place, const hash& creation_time, const hash& signature) {
  LAMA_TRY(entry, store_text(space, entry_text(creation_time, signature, place.below)));
  inserted out{entry, entry};
  for (auto above = place.above.rbegin(); above != place.above.rend(); ++above) {
    auto renewed = above->text;
    renewed.set("previous", out.head);
    LAMA_TRY(text, protocol::write_object(renewed, space.recipes()));
    LAMA_TRY(name, store_text(space, text));
    out.head = name;
  }
  return out;
}

std::string entry_text(const hash& creation_time, const hash& signature, const std::optional<hash>& previous) {
  object_writer out{"LinkedListEntry"};
  out.object_reference("data", creation_time).bag("metadata", reference_kind::object, {signature});
  if (previous)
    out.object_reference("previous", *previous);
  return out.finish();
}

} // namespace lama::models::detail
