#include "actors/export/page_stack.hpp"

#include <system_error>
#include <utility>

namespace lama::actors {

page_stack::page_stack(std::filesystem::path path) : path_{std::move(path)}, file_{path_, std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc} {
  // nop
}

page_stack::~page_stack() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void page_stack::add(const std::string& page) {
  sizes_.push_back(page.size());
  file_.write(page.data(), static_cast<std::streamsize>(page.size()));
  end_ += page.size();
}

result<done> page_stack::write_to(std::ostream& to) {
  for (; !sizes_.empty(); sizes_.pop_back()) {
    end_ -= sizes_.back();
    std::string page(sizes_.back(), '\0');
    file_.seekg(static_cast<std::streamoff>(end_));
    file_.read(page.data(), static_cast<std::streamsize>(page.size()));
    to.write(page.data(), static_cast<std::streamsize>(page.size()));
  }
  if (!file_ || !to)
    return fail(errc::io_failure, "Writing beside " + path_.string() + " failed. Is the disk full?");
  return done{};
}

} // namespace lama::actors
