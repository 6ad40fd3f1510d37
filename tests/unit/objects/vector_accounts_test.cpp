#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

/// Who reads the vectors: a section that no test reads is either a gap, which fails here, or stands in the list below with its reason.
namespace lama::testing {

namespace {

namespace fs = std::filesystem;

const fs::path source_folder{LAMA_SOURCE_DIR};

struct exception {
  const char* file;
  const char* section;
  const char* reason;
};

constexpr exception exceptions[] = {
    {"*", "description", "prose"},
    {"*", "generated_with", "prose"},
    {"objects.json", "encoding", "prose on how the file writes what JSON lacks; vector_objects.cpp follows it"},
    {"channels.json", "person", "Alice, whom every test of the models makes from instance.json"},
    {"channels.json", "sign_keys", "Alice's, the same as in instance.json"},
    {"chat.json", "alice", "as in channels.json"},
    {"chat.json", "bob", "the remote person of leute.json, by whose name the tests know him"},
    {"chat.json", "sign_keys", "Alice's, the same as in instance.json"},
    {"lama.json", "alice", "as in channels.json"},
    {"chum_merge.json", "names", "what the objects of the file are called in its prose"},
    {"commserver.json", "commserver", "the relay is an issue of its own"},
    {"commserver.json", "parties", "the relay is an issue of its own"},
    {"commserver.json", "cases", "the relay is an issue of its own"},
};

/// Cases of which only the objects and version heads are checked (vector_texts, version_history), for no model here does what they describe.
struct partial_case {
  const char* file;
  const char* begins;
  const char* reason;
};
constexpr partial_case partial_cases[] = {
    {"instance.json", "SingleUser.register",
     "the stock peer's authenticators and their settings file; users are made in another way here (docs/architecture.md)"},
    {"instance.json", "authenticator error behaviour", "the same"},
    {"leute.json", "accessible roots for the contact", "the export rules have vectors of their own: chum_sessions.json"},
    {"leute.json", "second identity of the owner", "one person a user (docs/architecture.md)"},
    {"leute.json", "main identity switched", "one person a user"},
    {"leute.json", "shutdown of the contact model", "persons enter the group at once here, so nothing waits"},
    {"leute.json", "restart of the contact model", "the test of the first start begins it twice"},
    {"certificates.json", "invalid signature is listed", "who affirmed counts trusted signatures alone; no list of the others is offered"},
    {"iom.json", "the other side affirmed", "taking an identity over makes keys and names by chance"},
};

std::string read(const fs::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The sources of each test folder that reads a file, in one text: helpers beside the test that names the file read it too.
std::string readers_of(const std::string& vector_file) {
  std::string readers;
  for (const auto& suite : fs::directory_iterator{source_folder / "tests/unit"}) {
    std::string text;
    if (suite.is_directory())
      for (const auto& source : fs::recursive_directory_iterator{suite.path()})
        if (source.path().filename() != "vector_accounts_test.cpp" && (source.path().extension() == ".cpp" || source.path().extension() == ".hpp"))
          text += read(source.path());
    if (text.find('"' + vector_file + '"') != std::string::npos)
      readers += text;
  }
  return readers;
}

bool is_excepted(const std::string& file, const std::string& section) {
  return std::ranges::any_of(exceptions, [&](const auto& x) { return (file == x.file || x.file == std::string{"*"}) && section == x.section; });
}

std::vector<std::string> vector_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{source_folder / "tests/vectors"})
    if (entry.path().extension() == ".json")
      names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

} // namespace

TEST(vector_accounts, every_section_of_every_file_is_read) {
  auto files = vector_files();
  EXPECT_EQ(files.size(), 19u);
  for (const auto& file : files) {
    auto readers = readers_of(file);
    auto vectors = load_vectors(file);
    for (const auto& [section, content] : vectors.items()) {
      bool is_read = readers.find('"' + section + '"') != std::string::npos;
      EXPECT_TRUE(is_read || is_excepted(file, section)) << "no test reads " << section << " of " << file;
    }
  }
}

TEST(vector_accounts, every_exception_is_there) {
  for (const auto& x : exceptions)
    if (x.file != std::string{"*"}) {
      EXPECT_TRUE(load_vectors(x.file).contains(x.section)) << x.section << " of " << x.file << ": " << x.reason;
    }
  for (const auto& x : partial_cases) {
    auto cases = load_vectors(x.file).at("cases");
    auto found = std::ranges::any_of(cases, [&](const auto& each) { return each.at("name").template get<std::string>().find(x.begins) != std::string::npos; });
    EXPECT_TRUE(found) << x.begins << " of " << x.file << ": " << x.reason;
  }
}

} // namespace lama::testing
