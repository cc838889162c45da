// Rows of samples and blocks of metadata into an image, where a library other than ImageMagick
// decoded it.
#pragma once

#include <Magick++.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace convertd {

/// An sRGB picture whose samples are all still to be put.
Magick::Image blank_image(std::uint32_t width, std::uint32_t height, bool alpha);

/// `order` as ImageMagick has it: "RGBA"; P is a sample to skip. Bytes are samples without a gap.
void put_rows(Magick::Image& image, std::uint32_t top, std::uint32_t rows, const char* order,
              Magick::StorageType type, const void* bytes);

/// The other way.
void take_rows(const Magick::Image& image, std::uint32_t top, std::uint32_t rows, const char* order,
               Magick::StorageType type, void* bytes);

/// Sets it and nothing more; Magick++ would convert the pixels to a colour profile. `name` is ICC,
/// EXIF or XMP. Nothing is set where `bytes` is empty.
void attach_profile(Magick::Image& image, const char* name, std::string_view bytes);

/// Turns it upright from this EXIF orientation.
void turn_upright(Magick::Image& image, std::uint8_t orientation);

} // namespace convertd
