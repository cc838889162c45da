#include "imaging/policy.hpp"
#include "job/limits.hpp"

#include <Magick++.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace convertd {
namespace {

bool may_read(const std::string& name, const std::string& text) {
  try {
    Magick::Image image;
    image.magick(name);
    image.read(Magick::Blob(text.data(), text.size()));
    return true;
  } catch (const Magick::Exception&) {
    return false;
  }
}

bool may_open(const std::string& name) {
  try {
    Magick::Image image;
    image.read(name);
    return true;
  } catch (const Magick::Exception&) {
    return false;
  }
}

TEST(PolicyTest, CodersThatRunThingsAreRefused) {
  EXPECT_FALSE(may_read("MVG", "viewbox 0 0 9 9 fill red rectangle 0,0 9,9"));
  EXPECT_FALSE(may_read("SVG", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"));
  EXPECT_FALSE(may_read("MSL", "<image size='9x9'/>"));
  EXPECT_FALSE(may_read("TXT", "# ImageMagick pixel enumeration: 1,1,255,srgb\n0,0: (1,2,3)"));
  EXPECT_FALSE(may_read("PS", "%!PS"));
}

TEST(PolicyTest, NamesThatReadOrMakeThingsAreRefused) {
  for (std::string name :
       {"xc:red", "gradient:", "label:@/etc/passwd", "text:/etc/passwd", "caption:x",
        "https://localhost/x.png", "ephemeral:/tmp/x", "@/etc/passwd"})
    EXPECT_FALSE(may_open(name)) << name;
}

TEST(PolicyTest, MemoryIsOursToSay) {
  // Debian's /etc says 256 MiB.
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::MemoryResource), 2 * gib);
}

TEST(PolicyTest, NothingIsSpilledToDisk) {
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::DiskResource), 0u);
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::MapResource), 0u);
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::ThreadResource), 1u);
}

TEST(PolicyTest, MemoryCanBeLoweredAndRaisedBack) {
  set_memory_limit(300 * mib);
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::MemoryResource), 300 * mib);
  set_memory_limit(4 * gib);
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::MemoryResource), 2 * gib);
}

TEST(PolicyTest, EnvironmentHasNoSay) {
  for (const auto* name : {"HOME", "XDG_CONFIG_HOME", "MAGICK_CONFIGURE_PATH", "MAGICK_HOME"})
    EXPECT_EQ(std::getenv(name), nullptr) << name;
}

} // namespace
} // namespace convertd
