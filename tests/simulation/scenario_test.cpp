// Whole runs with faults: the seeds that once failed, and fresh ones.
#include "tests/simulation/scenario.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

namespace lama::simulator {
namespace {

constexpr uint64_t shards = 4;
constexpr uint64_t seeds_a_shard = 50;

scenario_report run_seed(uint64_t seed) {
  scenario_settings settings;
  settings.seed = seed;
  return run_scenario(settings);
}

void expect_well(uint64_t seed) {
  auto report = run_seed(seed);
  if (report.found.empty())
    return;
  std::string all;
  for (const auto& problem : report.found)
    all += "\n  " + problem;
  ADD_FAILURE() << "seed " << seed << " (simulation_chaos --seed " << seed << " --story):" << all;
}

/// LAMA_SIMULATION_SEED, else something new each time.
uint64_t first_fresh_seed() {
  if (const auto* wish = std::getenv("LAMA_SIMULATION_SEED")) {
    uint64_t seed = 0;
    std::from_chars(wish, wish + std::strlen(wish), seed);
    return seed;
  }
  return static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) / 1'000'000 % 1'000'000'000'000;
}

std::vector<uint64_t> regression_seeds() {
  std::vector<uint64_t> seeds;
  std::ifstream file{LAMA_SOURCE_DIR "/tests/simulation/regression_seeds.txt"};
  for (std::string line; std::getline(file, line);) {
    uint64_t seed = 0;
    if (auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), seed); failed == std::errc{})
      seeds.push_back(seed);
  }
  return seeds;
}

TEST(scenario_test, seeds_that_failed_once_do_not_fail_again) {
  auto seeds = regression_seeds();
  ASSERT_FALSE(seeds.empty());
  for (auto seed : seeds)
    expect_well(seed);
}

class fresh_seeds_test : public testing::TestWithParam<uint64_t> {};

TEST_P(fresh_seeds_test, find_nothing) {
  auto first = first_fresh_seed() + GetParam() * seeds_a_shard;
  std::cout << "seeds " << first << " to " << first + seeds_a_shard - 1 << std::endl; // before anything can crash
  for (auto seed = first; seed < first + seeds_a_shard; ++seed)
    expect_well(seed);
}

INSTANTIATE_TEST_SUITE_P(part, fresh_seeds_test, testing::Range(uint64_t{0}, shards));

TEST(scenario_test, a_run_is_its_seed) {
  for (uint64_t seed : {1u, 2u, 3u}) {
    auto once = run_seed(seed);
    auto again = run_seed(seed);
    EXPECT_EQ(once.trace, again.trace) << seed;
    EXPECT_EQ(once.steps, again.steps) << seed;
    EXPECT_EQ(once.story, again.story) << seed;
  }
}

TEST(scenario_test, another_seed_is_another_run) {
  EXPECT_NE(run_seed(1).trace, run_seed(2).trace);
}

TEST(scenario_test, without_faults_everything_is_acknowledged) {
  scenario_settings settings;
  settings.seed = 4;
  settings.faults = false;
  auto report = run_scenario(settings);
  EXPECT_EQ(report.found, problems{});
  EXPECT_EQ(report.acknowledged, report.asked);
  EXPECT_GT(report.asked, 20u);
}

} // namespace
} // namespace lama::simulator
