#include "apps/lama/bench_store.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

/// `bench_storage [OBJECTS] [FOLDER]`: `lama bench store` without the rest of the program, for profiles. By default a million objects below
/// the folder for temporary files.
int main(int argc, char** argv) {
  auto objects = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  auto folder = argc > 2 ? std::filesystem::path{argv[2]} : std::filesystem::temp_directory_path() / "lama-bench-storage";
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::create_directories(folder, ignored);
  auto figures = lama::app::bench_store(std::max<std::size_t>(objects, 10'000), folder);
  std::filesystem::remove_all(folder, ignored);
  std::printf("%s\n", figures ? figures->dump(2).c_str() : figures.failure().message.c_str());
  return figures ? 0 : 1;
}
