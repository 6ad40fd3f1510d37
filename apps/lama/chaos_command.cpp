#include "apps/lama/commands.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace lama::app {

namespace {

struct arguments {
  std::string seed;
  std::string count = "1";
  std::string steps = "40";
  bool story = false;
};

/// The simulator is a test program, built beside this one; it takes this process's place.
int run_simulation(const common_options& common, const arguments& given) {
  std::error_code problem;
  auto self = std::filesystem::read_symlink("/proc/self/exe", problem);
  auto program = self.parent_path().parent_path() / "tests" / "simulation" / "simulation_chaos";
  if (!std::filesystem::exists(program, problem))
    return report(fail(errc::not_found, "The simulator is not built: " + program.string() +
                                            " is missing. Build the target simulation_chaos beside this program, or run: bash tests/run.sh simulation"),
                  common.json);
  std::vector<std::string> words{program.string(), "--seed", given.seed, "--count", given.count, "--steps", given.steps};
  if (given.story)
    words.emplace_back("--story");
  if (common.json)
    words.emplace_back("--json");
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  return report(fail(errc::io_failure, program.string() + " cannot be run: " + std::strerror(errno)), common.json);
}

} // namespace

void add_chaos_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* chaos = to.add("chaos", "Fault-injection runs");
  chaos->require_subcommand(1);
  chaos->fallthrough();
  auto* simulation = chaos->add_subcommand("sim", "A whole node in virtual time, with faults; the same seed is the same run");
  simulation->add_option("--seed", given->seed, "Which run")->required()->check(CLI::NonNegativeNumber);
  simulation->add_option("--count", given->count, "How many, from this seed on (default 1)")->check(CLI::PositiveNumber);
  simulation->add_option("--steps", given->steps, "Events of each (default 40)")->check(CLI::PositiveNumber);
  simulation->add_flag("--story", given->story, "Tell what happened");
  to.on(chaos, [given, &common = to.common] { return run_simulation(common, *given); });
}

} // namespace lama::app
