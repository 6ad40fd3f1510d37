#include "storage/mapped_tables.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace lama::storage {
namespace {

TEST(mapped_tables, read_the_same_after_their_pages_were_released_and_nothing_beyond_their_end) {
  auto path = std::filesystem::temp_directory_path() / ("lama-mapped-" + std::to_string(::getpid()) + ".ldb");
  const std::string content(100'000, 'x');
  std::ofstream{path, std::ios::binary} << content;
  leveldb::RandomAccessFile* opened = nullptr;
  ASSERT_TRUE(open_mapped(*leveldb::Env::Default(), path.string(), &opened).ok());
  std::unique_ptr<leveldb::RandomAccessFile> file{opened};
  leveldb::Slice read;
  ASSERT_TRUE(file->Read(50'000, 50'000, &read, nullptr).ok());
  EXPECT_EQ(read.ToString(), content.substr(50'000));
  release_mapped_pages();
  ASSERT_TRUE(file->Read(0, content.size(), &read, nullptr).ok());
  EXPECT_EQ(read.ToString(), content);
  EXPECT_FALSE(file->Read(50'000, 50'001, &read, nullptr).ok());
  EXPECT_FALSE(file->Read(UINT64_MAX, 2, &read, nullptr).ok());
  std::filesystem::remove(path);
}

TEST(mapped_tables, tell_a_file_that_is_not_there) {
  leveldb::RandomAccessFile* opened = nullptr;
  EXPECT_TRUE(open_mapped(*leveldb::Env::Default(), "/nowhere/000001.ldb", &opened).IsNotFound());
  EXPECT_EQ(opened, nullptr);
}

} // namespace
} // namespace lama::storage
