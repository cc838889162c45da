// EXIF blocks as bytes: what an image's change makes untrue is mended in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// What an EXIF block starts with in JPEG files and in ImageMagick, and elsewhere may lack.
inline constexpr std::string_view exif_intro{"Exif\0\0", 6};

/// The block with that start, whether it has it or not.
std::string with_exif_intro(std::string_view block);

/// From the TIFF header on.
std::string_view without_exif_intro(std::string_view block);

/// 1..8; 1 where the block does not say, or says nonsense. `block` as below.
std::uint8_t exif_orientation(std::span<const std::byte> block);

/// "Exif\0\0" and a block that says the orientation and nothing else.
std::vector<std::uint8_t> orientation_block(std::uint8_t orientation);

struct exif_facts {
  bool upright = true;     ///< The orientation was applied, or does not hold: set the tag to 1.
  std::uint32_t width = 0; ///< Of the picture as it is now.
  std::uint32_t height = 0;
};

/// `block` starts with "Exif\0\0" or with the TIFF header. Sets orientation and pixel size tags,
/// cuts the thumbnail off (the link to it, and its bytes). Returns false, and changes nothing more,
/// when the block is too damaged to follow: then it is better dropped.
bool mend_exif(std::vector<std::uint8_t>& block, const exif_facts& facts);

} // namespace convertd
