#include "imaging/animation_engine.hpp"

#include "imaging/animation.hpp"
#include "imaging/exif.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/lanczos_resizer.hpp"
#include "imaging/pixels.hpp"
#include "imaging/steps.hpp"

#include <memory>
#include <string>
#include <utility>

namespace convertd {

namespace {

std::unique_ptr<animation_source> open(const source_header& header, bytes_view source) {
  if (header.format == image_format::gif)
    return open_gif(source, header.width, header.height);
  return open_webp(source, header.width, header.height);
}

std::unique_ptr<animation_sink> begin(const work& first, std::uint32_t plays) {
  auto size = first.plan.canvas;
  animation_facts facts{.width = size.width, .height = size.height, .plays = plays};
  if (first.what.target == image_format::gif)
    return new_gif(facts);
  return new_webp(facts, first.what.quality);
}

Magick::Image image_of(const canvas& x, const animation_notes& notes) {
  auto image = blank_image(x.width, x.height, true);
  image.depth(8);
  put_rows(image, 0, x.height, "RGBA", Magick::CharPixel, x.samples.data());
  attach_profile(image, "ICC", notes.icc);
  attach_profile(image, "XMP", notes.xmp);
  if (!notes.exif.empty())
    attach_profile(image, "EXIF", with_exif_intro(notes.exif));
  return image;
}

std::string text_of(const Magick::Blob& x) {
  return {static_cast<const char*>(x.data()), x.length()};
}

/// What still holds of a frame that went through all steps.
animation_notes notes_of(const Magick::Image& x) {
  return {.icc = {},
          .exif = std::string{without_exif_intro(text_of(x.profile("EXIF")))},
          .xmp = text_of(x.profile("XMP"))};
}

canvas canvas_of(Magick::Image& x) {
  canvas to{static_cast<std::uint32_t>(x.columns()), static_cast<std::uint32_t>(x.rows())};
  x.write(0, 0, to.width, to.height, "RGBA", Magick::CharPixel, to.samples.data());
  return to;
}

/// No step would change a frame, and nothing else is to be kept.
bool passes_as_it_is(const work& x, const animation_notes& notes) {
  pixel_size size{x.header.width, x.header.height};
  auto nothing_to_say = notes.exif.empty() && notes.xmp.empty();
  return x.plan.scaled == size && x.plan.canvas == size && x.header.orientation == 1
         && notes.icc.empty() && (x.what.strip_metadata || nothing_to_say);
}

/// The frame as it goes into the result.
canvas through_steps(work& x, const canvas& frame, const animation_notes& notes) {
  x.image = image_of(frame, notes);
  for (auto run : {resample, orient, crop, to_srgb, pad, settle_metadata})
    run(x);
  return canvas_of(x.image);
}

} // namespace

std::string_view animation_engine::name() const {
  return "animation";
}

bool animation_engine::takes(const source_header& header, bytes_view,
                             const conversion& what) const {
  return header.frames > 1 && facts_of(header.format).animated && facts_of(what.target).animated;
}

std::optional<encoded_image> animation_engine::convert(const source_header& header,
                                                       bytes_view source,
                                                       const conversion& what) const {
  static const lanczos_resizer lanczos;
  auto from = open(header, source);
  auto notes = from->notes();
  std::unique_ptr<animation_sink> to;
  work x{.image = {},
         .header = header,
         .what = what,
         .plan = plan_geometry(what, working_size(header, what)),
         .resampler = lanczos};
  auto as_it_is = passes_as_it_is(x, notes);
  stage_times times;
  for (std::uint32_t i = 0; i < header.frames; ++i) {
    auto frame = timed(times.decode, [&] { return from->next(); });
    if (!frame)
      break;
    auto picture = timed(times.transform, [&] {
      return as_it_is ? *frame->picture : through_steps(x, *frame->picture, notes);
    });
    stage_timer encoding{times.encode};
    if (to == nullptr) {
      to = begin(x, from->plays());
      if (!as_it_is)
        to->keep(notes_of(x.image));
    }
    to->add(std::move(picture), frame->milliseconds);
  }
  if (to == nullptr)
    throw imaging_error(ec::decode_failed, "");
  auto bytes = std::make_shared<const std::vector<std::byte>>(
    timed(times.encode, [&] { return to->finish(); }));
  auto has_quality = what.target == image_format::webp;
  return encoded_image{.bytes = *bytes,
                       .owner = bytes,
                       .width = x.plan.canvas.width,
                       .height = x.plan.canvas.height,
                       .applied_quality = has_quality ? what.quality : std::uint8_t{0},
                       .times = times};
}

} // namespace convertd
