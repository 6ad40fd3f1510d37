#pragma once

#include <CLI/CLI.hpp>

/// `lama bench ingest|sync|live|chat|start`: figures as a user would get them, from whole processes over loopback. Google Benchmark programs
/// for the parts stand in tests/benchmarks.
namespace lama::app {

void add_bench(CLI::App& app);

} // namespace lama::app
