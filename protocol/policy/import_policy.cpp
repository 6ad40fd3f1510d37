#include "protocol/policy/import_policy.hpp"

#include "protocol/policy/sync_strategy.hpp"

#include <algorithm>
#include <string>

namespace lama::protocol::policy {

namespace {

using enum reach;

// clang-format off
constexpr row rows[] = {
  // type                       from my archive  from my sparse  from a contact

  // What says who I am, whom I know, who sees what, and how this node works. Written here or nowhere.
  {"Leute",                     never,           never,          never},
  {"Someone",                   never,           never,          never},
  {"Access",                    never,           never,          never},
  {"IdAccess",                  never,           never,          never},
  {"Group",                     never,           never,          never},
  {"GroupProfile",              never,           never,          never},
  {"ChannelRegistry",           never,           never,          never},
  {"TopicAppRegistry",          never,           never,          never},
  {"Settings",                  never,           never,          never},
  {"IoMRequestsRegistry",       never,           never,          never},
  {"LocalInstancesList",        never,           never,          never},
  {"Chum",                      never,           never,          never},
  {"Instance",                  id_only,         id_only,        id_only},
  // Types are registered in the archive.
  {"Recipe",                    any,             never,          never},

  // Persons and how to reach them.
  {"Person",                    any,             theirs,         theirs},
  {"Profile",                   any,             theirs,         theirs},
  {"Keys",                      any,             below,          by_itself},
  {"OneInstanceEndpoint",       any,             below,          by_itself},
  {"Email",                     any,             below,          by_itself},
  {"PhoneNumber",               any,             below,          by_itself},
  {"PersonName",                any,             below,          by_itself},
  {"PersonStatus",              any,             below,          by_itself},
  {"PersonImage",               any,             below,          by_itself},
  {"ProfileImage",              any,             below,          by_itself},
  {"OrganisationName",          any,             below,          by_itself},
  {"SignKey",                   any,             below,          by_itself},
  {"EncryptionKey",             any,             below,          by_itself},

  // What is signed says nothing until a signature was checked against a trusted key.
  {"Signature",                 any,             below,          by_itself},
  {"License",                   any,             below,          by_itself},
  {"AffirmationCertificate",    any,             below,          by_itself},
  {"TrustKeysCertificate",      any,             below,          by_itself},
  {"RelationCertificate",       any,             below,          by_itself},
  {"RightToDeclareTrustedKeysForEverybodyCertificate", any, below, by_itself},
  {"RightToDeclareTrustedKeysForSelfCertificate",      any, below, by_itself},
  {"AccessUnversionedObjectCertificate",               any, below, by_itself},
  {"AccessVersionedObjectCertificate",                 any, below, by_itself},

  // Conversations: from a contact those with me, from my sparse instance its outbox.
  {"ChannelInfo",               any,             theirs,         theirs},
  {"Topic",                     any,             never,          topic},
  {"LinkedListEntry",           any,             below,          below},
  {"CreationTime",              any,             below,          below},
  {"ChatMessage",               any,             below,          below},
  {"ChatRequest",               any,             below,          below},
  {"BlobDescriptor",            any,             below,          by_itself},
  {"BlobCollection",            any,             below,          below},

  // Version nodes are judged by the version that they bring.
  {"VersionNodeEdge",           any,             by_itself,      by_itself},
  {"VersionNodeChange",         any,             by_itself,      by_itself},
  {"VersionNodeMerge",          any,             by_itself,      by_itself},

  // Types of our own, and all others that we know. What somebody says of messages, they say of their own (protocol/models/annotations.hpp).
  {"LamaAnnotation",            any,             below,          authored},
  {"Lama*",                     any,             below,          never},
  {"*",                         any,             never,          never},
};
// clang-format on

bool fits(const row& line, std::string_view type) {
  return line.type.ends_with('*') ? type.starts_with(line.type.substr(0, line.type.size() - 1)) : line.type == type;
}

std::string one_to_one_channel(const hash& a, const hash& b) {
  return std::min(a, b).hex() + "<->" + std::max(a, b).hex();
}

hash channel_id(std::string_view id, const std::optional<hash>& owner) {
  object_writer out{"ChannelInfo", true};
  out.text("id", id);
  if (owner)
    out.id_reference("owner", *owner);
  return sha256(out.finish());
}

bool is_their_channel(const parties& between, std::string_view id, const std::optional<hash>& owner) {
  if (between.from == origin::sparse_of_mine)
    return owner == between.remote && id.starts_with("lama.outbox.");
  return owner ? *owner == between.remote : id == one_to_one_channel(between.me, between.remote);
}

bool is_theirs(const parties& between, std::string_view type, const object& x) {
  if (type == "Profile")
    return x.reference("personId") == between.remote && x.reference("owner") == between.remote;
  if (type == "ChannelInfo")
    return is_their_channel(between, x.text("id"), x.reference("owner"));
  if (type == "Person") {
    object_writer id{"Person", true};
    id.text("email", x.text("email"));
    return sha256(id.finish()) == between.remote;
  }
  return false;
}

/// A topic of the channel that we share, or of one that the remote owns; its id is the channel's.
bool is_their_topic(const parties& between, const object& x) {
  auto id = x.text("id");
  auto channel = x.reference("channel");
  if (channel == channel_id(id, between.remote))
    return is_their_channel(between, id, between.remote);
  return channel == channel_id(id, std::nullopt) && is_their_channel(between, id, std::nullopt);
}

/// Of a message that is not here yet this is looked at when it is shown (protocol/models/annotations.hpp).
bool is_of_anothers_message(const parties& between, const object& x) {
  auto message = x.reference("message");
  auto author = message && between.author_of_message ? (*between.author_of_message)(*message) : std::nullopt;
  return author && *author != between.remote;
}

judgement by_content(bool fits_remote, std::string_view reason) {
  return fits_remote ? judgement{verdict::allowed, {}} : judgement{verdict::denied, reason};
}

} // namespace

std::span<const row> table() {
  return rows;
}

reach reach_of(origin from, std::string_view type) {
  auto line = std::find_if(std::begin(rows), std::end(rows), [&](const row& x) { return fits(x, type); });
  return from == origin::archive_of_mine ? line->from_archive : from == origin::sparse_of_mine ? line->from_sparse : line->from_contact;
}

judgement judge(const parties& between, const subject& what) {
  constexpr judgement yes{verdict::allowed, {}};
  if (between.strategies && between.strategies->is_local(what.type))
    return {verdict::denied, "the configuration keeps this type on the instance that wrote it"};
  auto limit = reach_of(between.from, what.type);
  if (limit == never)
    return {verdict::denied, "this type is never taken from there"};
  if (limit == any || what.role == role::id)
    return yes;
  if (limit == id_only)
    return {verdict::denied, "only the id object of this type is taken from there"};
  if (limit == topic) {
    if (!what.content)
      return {verdict::depends, "it depends on the channel"};
    return by_content(is_their_topic(between, *what.content), "a topic is taken only for a channel shared with its sender");
  }
  if (limit == authored && what.role == role::child) {
    if (!what.content)
      return {verdict::depends, "it depends on its author"};
    if (is_of_anothers_message(between, *what.content))
      return {verdict::denied, "it is about a message of somebody else"};
    return by_content(what.content->reference("author") == between.remote, "its author is not its sender");
  }
  if (what.role == role::child)
    return yes;
  if (limit == below || limit == authored)
    return {verdict::denied, "this type is taken from there only below another object"};
  if (limit == by_itself)
    return what.role == role::root ? yes : judgement{verdict::denied, "versions of this type are not taken from there"};
  if (!what.content)
    return {verdict::depends, "it depends on whose it is"};
  return by_content(is_theirs(between, what.type, *what.content), "it does not belong to its sender");
}

result<done> admit(const parties& between, role as, std::string_view text, const recipe_table& recipes) {
  auto content = classify(text);
  auto judged = judge(between, {as, content.type, nullptr});
  if (judged.verdict == verdict::depends) {
    auto parsed = content.kind == content_kind::id_object ? parse_id_object(text, recipes) : parse_object(text, recipes);
    if (!parsed)
      return std::move(parsed).failure();
    judged = judge(between, {as, content.type, &*parsed});
  }
  if (judged.verdict == verdict::allowed)
    return done{};
  return fail(errc::forbidden, std::string{content.type} + " is refused: " + std::string{judged.reason} + ".");
}

} // namespace lama::protocol::policy
