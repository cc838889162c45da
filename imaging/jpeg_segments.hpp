// JPEG files as segments: which of them say something about the picture, and copies without those.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

/// A segment, mostly an APPn or COM one that stands before the pixels. `data` is without marker and
/// length.
struct jpeg_segment {
  std::uint8_t marker = 0;
  bytes_view data;
};

/// In the order of the file. A damaged file gives what comes before the damage.
std::vector<jpeg_segment> jpeg_segments(bytes_view source);

/// All segments up to the head of the first scan, which is the last of them. Empty when the file is
/// damaged before that.
std::vector<jpeg_segment> jpeg_head(bytes_view source);

/// An EXIF block, after its six bytes of introduction.
bool is_jpeg_exif(const jpeg_segment& x);

/// A part of an ICC profile.
bool is_jpeg_profile(const jpeg_segment& x);

/// Those that a file with the same pixels keeps beside what its encoder writes by itself (JFIF,
/// Adobe). Stripped: the profile alone. Else all but an index of further pictures in the file
/// (MPF), which are not copied.
std::vector<jpeg_segment> kept_segments(bytes_view source, bool strip);

/// The same image data without metadata, and without what follows its end. `orientation` other than
/// 1 is said in an EXIF block with nothing else in it. Empty when the file is damaged.
std::vector<std::byte> strip_jpeg(bytes_view source, std::uint8_t orientation);

} // namespace convertd
