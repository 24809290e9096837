#include "core/delivery/local/safe_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;

TEST(SafePath, SplitsAndDropsWhatMeansNothing) {
  const auto parts = split_relative_path("a//./b/");
  ASSERT_TRUE(parts);
  EXPECT_EQ(*parts, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(split_relative_path("...")) << "three dots are a name";
  EXPECT_TRUE(split_relative_path("")->empty());
}

TEST(SafePath, RefusesClimbingAndNul) {
  for (const auto& path : {std::string(".."), std::string("a/.."), std::string("../a"),
                           std::string("a/../b"), std::string("a\0b", 3)})
    EXPECT_FALSE(split_relative_path(path));
}

TEST(SafePath, BoundsOfNamesAndDepth) {
  EXPECT_TRUE(split_relative_path(std::string(254, 'a')));
  EXPECT_TRUE(split_relative_path(std::string(255, 'a')));
  EXPECT_FALSE(split_relative_path(std::string(256, 'a')));
  EXPECT_FALSE(split_relative_path(std::string(255'000, 'a')));
  const auto deep = [](std::size_t depth) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i)
      out += "a/";
    return split_relative_path(out).has_value();
  };
  EXPECT_TRUE(deep(31));
  EXPECT_TRUE(deep(32));
  EXPECT_FALSE(deep(33));
  EXPECT_FALSE(deep(32'000));
}

TEST(SafePath, Row204OnlyDirectoriesOfOwnerRootOrBaseAreWalked) {
  const TempTree tree;
  const WalkRules rules{::getuid(), true};
  EXPECT_TRUE(open_directory(tree.path(), {"a", "b"}, rules));
  struct stat status{};
  ASSERT_EQ(::stat((tree / "a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0700u);
  std::filesystem::create_directory_symlink(tree / "a", tree / "link");
  EXPECT_FALSE(open_directory(tree.path(), {"link"}, rules));
  EXPECT_FALSE(open_directory(tree.path(), {"link", "b"}, rules));
  // The base is the operator's word.
  EXPECT_TRUE(open_directory(tree / "link", {"b"}, rules));
  tree.write("file", "");
  EXPECT_FALSE(open_directory(tree.path(), {"file"}, rules));
  EXPECT_FALSE(open_directory("relative", {}, rules));
  EXPECT_FALSE(open_directory(tree.path(), {"missing"}, {::getuid(), false}));
}

TEST(SafePath, Row204StickyDirectoriesAreFitForEverybody) {
  const TempTree tree;
  std::filesystem::create_directory(tree / "spool");
  ASSERT_EQ(::chmod((tree / "spool").c_str(), 0777), 0);
  EXPECT_FALSE(open_directory(tree / "spool", {}, {::getuid(), false}));
  ASSERT_EQ(::chmod((tree / "spool").c_str(), 01777), 0);
  EXPECT_TRUE(open_directory(tree / "spool", {}, {::getuid(), false}));
}

}  // namespace
}  // namespace postern::delivery
