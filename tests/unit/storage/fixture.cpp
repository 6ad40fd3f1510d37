#include "tests/unit/storage/fixture.hpp"

#include <utility>

namespace lama::storage::testing {

namespace {

std::string open_object(std::string_view type) {
  return std::string{R"(<div itemscope itemtype="//refin.io/)"}.append(type) + R"(">)";
}

std::string span(std::string_view name, std::string_view content) {
  return std::string{R"(<span itemprop=")"}.append(name).append(R"(">)").append(content) + "</span>";
}

std::string link(std::string_view name, std::string_view kind, const hash& target) {
  return std::string{R"(<a itemprop=")"}.append(name).append(R"(" data-type=")").append(kind) + R"(">)" + target.hex() + "</a>";
}

} // namespace

std::string person_text(std::string_view email, std::string_view name) {
  return open_object("Person") + span("email", email) + (name.empty() ? std::string{} : span("name", name)) + "</div>";
}

hash person_id(std::string_view email) {
  return sha256(R"(<div data-id-object="true" itemscope itemtype="//refin.io/Person">)" + span("email", email) + "</div>");
}

std::string chat_text(std::string_view text, std::string_view sender, const std::vector<hash>& attachments) {
  auto out = open_object("ChatMessage") + span("text", text);
  if (!attachments.empty()) {
    out += R"(<ol itemprop="attachments">)";
    for (const auto& x : attachments)
      out += R"(<li><a data-type="obj">)" + x.hex() + "</a></li>";
    out += "</ol>";
  }
  return out + link("sender", "id", person_id(sender)) + "</div>";
}

std::string signature_text(const hash& data, std::string_view issuer) {
  return open_object("Signature") + link("issuer", "id", person_id(issuer)) + link("data", "obj", data) + span("signature", "00ff") + "</div>";
}

std::string node_text(const hash& data, double time) {
  return open_object("VersionNodeEdge") + link("data", "obj", data) + span("depth", "0") + span("creationTime", std::to_string(static_cast<int64_t>(time))) +
         "</div>";
}

std::string descriptor_text(const hash& blob) {
  return open_object("BlobDescriptor") + link("data", "blob", blob) + span("lastModified", "1") + span("name", "a.bin") + span("size", "3") +
         span("type", "application/octet-stream") + "</div>";
}

std::string license_text(std::string_view name) {
  return open_object("License") + span("name", name) + span("description", "of a test") + "</div>";
}

std::string noise(std::size_t size, uint32_t seed) {
  std::string x(size, '\0');
  for (auto& byte : x) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<char>(seed >> 24);
  }
  return x;
}

void counted_random::fill(std::span<uint8_t> bytes) {
  for (auto& byte : bytes)
    byte = static_cast<uint8_t>((state_ = state_ * 1664525u + 1013904223u) >> 24);
}

disk_store::disk_store(std::size_t write_buffer) : write_buffer_(write_buffer) {
  // nop
}

disk_store::~disk_store() {
  close();
}

store_options disk_store::options() {
  store_options options;
  options.env = &disk;
  options.write_buffer_bytes = write_buffer_;
  options.before_write = [this] { disk.run_background(); };
  return options;
}

result<done> disk_store::open() {
  LAMA_TRY(opened, store::open("/store", options()));
  store_ = std::move(opened);
  return done{};
}

result<repair_report> disk_store::repair() {
  close();
  counted_random random{7};
  auto outcome = storage::repair("/store", options(), random);
  disk.run_background();
  return outcome;
}

void disk_store::close() {
  store_.reset();
  disk.run_background();
}

result<commit_info> change_store(store& x, const std::function<result<done>(transaction&)>& what) {
  LAMA_TRY(begun, x.begin());
  LAMA_CHECK(what(*begun));
  return x.commit(std::move(begun));
}

commit_info put_all(store& x, const std::vector<std::string>& texts) {
  auto committed = change_store(x, [&](transaction& to) -> result<done> {
    for (const auto& text : texts)
      LAMA_CHECK(to.put(text));
    return done{};
  });
  EXPECT_TRUE(committed) << (committed ? "" : committed.failure().message);
  return committed ? *committed : commit_info{};
}

void expect_clean(const store& x) {
  auto report = x.verify();
  EXPECT_EQ(report.problem_count, 0u);
  for (const auto& problem : report.problems)
    ADD_FAILURE() << problem;
}

} // namespace lama::storage::testing
