#pragma once

#include "protocol/hash.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lama::testing {

inline std::string bytes_of(const nlohmann::json& hex) {
  return lama::from_hex(hex.get<std::string>()).value();
}

/// Runs `check` for each case of a file whose `member` says `kind`, and fails where there is none.
template <class F>
void for_each_case(const char* file, const char* member, const std::string& kind, F check) {
  int seen = 0;
  auto vectors = load_vectors(file);
  for (const auto& x : vectors.at("cases")) {
    if (x.at(member) != kind)
      continue;
    SCOPED_TRACE(x.dump().substr(0, 300));
    check(x);
    ++seen;
  }
  EXPECT_GT(seen, 0) << "no case of kind " << kind;
}

} // namespace lama::testing
