// simulation_chaos: runs scenarios by seed and prints what came of them.
#include "tests/simulation/scenario.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct options {
  uint64_t seed = 1;
  uint64_t count = 1;
  uint64_t steps = 40;
  bool json = false;
  bool story = false;
};

bool number(const char* text, uint64_t& out) {
  auto end = text + std::strlen(text);
  return std::from_chars(text, end, out).ptr == end && end != text;
}

int usage() {
  std::fputs("usage: simulation_chaos [--seed N] [--count M] [--steps K] [--json] [--story]\n"
             "Runs M scenarios from seed N on: two users' nodes in virtual time, with faults. A run is its seed.\n"
             "LAMA_SIMULATION_LOG=1 prints the nodes' logs.\n",
             stderr);
  return 2;
}

void print(const lama::simulator::scenario_report& report, const options& wanted) {
  if (wanted.json) {
    nlohmann::json out{{"seed", report.seed},       {"steps", report.steps}, {"trace", report.trace},
                       {"seconds", report.seconds}, {"asked", report.asked}, {"acknowledged", report.acknowledged},
                       {"problems", report.found}};
    if (wanted.story)
      out["story"] = report.story;
    std::puts(out.dump().c_str());
    return;
  }
  if (wanted.story)
    for (const auto& line : report.story)
      std::puts(line.c_str());
  std::printf("seed %llu: %llu steps, %.0f s, trace %016llx, %zu of %zu acknowledged, %zu problems\n", static_cast<unsigned long long>(report.seed),
              static_cast<unsigned long long>(report.steps), report.seconds, static_cast<unsigned long long>(report.trace), report.acknowledged, report.asked,
              report.found.size());
  for (const auto& problem : report.found)
    std::printf("  %s\n", problem.c_str());
}

} // namespace

int main(int argc, char** argv) {
  options wanted;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    uint64_t* target = name == "--seed" ? &wanted.seed : name == "--count" ? &wanted.count : name == "--steps" ? &wanted.steps : nullptr;
    if (target) {
      if (++i == argc || !number(argv[i], *target))
        return usage();
    } else if (name == "--json") {
      wanted.json = true;
    } else if (name == "--story") {
      wanted.story = true;
    } else {
      return usage();
    }
  }
  uint64_t failed = 0;
  for (uint64_t i = 0; i < wanted.count; ++i) {
    lama::simulator::scenario_settings settings;
    settings.seed = wanted.seed + i;
    settings.steps = wanted.steps;
    auto report = lama::simulator::run_scenario(settings);
    failed += !report.found.empty();
    print(report, wanted);
    std::fflush(stdout);
  }
  return failed == 0 ? 0 : 1;
}
