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

bool may_write(const std::string& name) {
  try {
    constexpr unsigned char pixels[4 * 4 * 3]{}; // "xc:", which fills one, is denied, too
    Magick::Image image{4, 4, "RGB", Magick::CharPixel, pixels};
    Magick::Blob blob;
    image.magick(name);
    image.write(&blob);
    return blob.length() != 0;
  } catch (const Magick::Exception&) {
    return false;
  }
}

/// What has read files, run programs or reached the network in some year, and what only could.
constexpr const char* denied[] = {
  "MVG",       "MSL",      "SVG",  "MSVG",  "RSVG",      "TEXT", "TXT",        "LABEL",
  "CAPTION",   "PANGO",    "VID",  "WIN",   "X",         "SHOW", "PLASMA",     "TILE",
  "EPHEMERAL", "URL",      "HTTP", "HTTPS", "FTP",       "FILE", "PS",         "PS2",
  "PS3",       "EPS",      "EPI",  "PDF",   "PDFA",      "XPS",  "PCL",        "MPEG",
  "MP4",       "MPC",      "MPR",  "MIFF",  "CLIPBOARD", "SCAN", "SCREENSHOT", "FD",
  "INLINE",    "STEGANO",  "DCM",  "XCF",   "AVIF",      "HEIC", "HEIF",       "AVCI",
  "WMF",       "DJVU",     "HTML", "SHTML", "INFO",      "JSON", "UIL",        "RAW",
  "RGB",       "GRADIENT", "XC",   "CANVAS"};

TEST(PolicyTest, EveryOtherCoderIsRefusedByName) {
  for (std::string name : denied) {
    EXPECT_FALSE(may_read(name, "push graphic-context viewbox 0 0 9 9 pop graphic-context"))
      << name;
    EXPECT_FALSE(may_open(name + ":/etc/passwd")) << name;
    EXPECT_FALSE(may_write(name)) << name;
  }
}

TEST(PolicyTest, AllowedCodersAreWrittenByTheirNames) { // or the test above would show nothing
  for (std::string name : {"JPEG", "PNG", "WEBP", "TIFF", "GIF"})
    EXPECT_TRUE(may_write(name)) << name;
}

TEST(PolicyTest, CodersThatOnlyReadDoNotWrite) {
  for (std::string name : {"BMP", "ICO", "CUR", "PSD", "TGA", "HDR", "PCX", "SGI", "JP2", "PNM"})
    EXPECT_FALSE(may_write(name)) << name;
}

TEST(PolicyTest, CoderListIsWhatTheFormatsNeed) {
  auto text = policy_text(gib);
  for (std::string line : {"rights=\"read|write\" pattern=\"{JPEG,PNG,WEBP,TIFF,GIF}\"",
                           "rights=\"read\" pattern=\"{BMP,ICO,CUR,PSD,TGA,HDR,PCX,SGI,JP2,PNM}\""})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(PolicyTest, DelegatesFiltersAndListsOfFilesAreRefused) {
  auto text = policy_text(gib);
  for (std::string line : {"domain=\"delegate\" rights=\"none\" pattern=\"*\"",
                           "domain=\"filter\" rights=\"none\" pattern=\"*\"",
                           "domain=\"path\" rights=\"none\" pattern=\"@*\""})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_FALSE(may_open("png:@/etc/passwd"));
}

TEST(PolicyTest, AreaAndFramesAreBounded) {
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::AreaResource), 2 * gib);
  EXPECT_EQ(MagickCore::GetMagickResourceLimit(MagickCore::ListLengthResource), 10'000u);
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
