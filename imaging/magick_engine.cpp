#include "imaging/magick_engine.hpp"

#include "imaging/imaging_error.hpp"
#include "imaging/lanczos_resizer.hpp"
#include "imaging/steps.hpp"

namespace convertd {

namespace {

using step = void (*)(work&);

/// Between read_pixels() and encode(). The picture is made small first: every other step then costs
/// less, and none of them cares.
constexpr step steps[] = {
  resample, orient, crop, to_srgb, pad, shrink, flatten, settle_metadata,
};

} // namespace

std::string_view magick_engine::name() const {
  return "magick";
}

bool magick_engine::takes(const source_header& header, bytes_view, const conversion& what) const {
  return facts_of(header.format).read && facts_of(what.target).write;
}

std::optional<encoded_image> magick_engine::convert(const source_header& header, bytes_view source,
                                                    const conversion& what) const {
  static const lanczos_resizer lanczos;
  work x{.image = {},
         .header = header,
         .what = what,
         .plan = plan_geometry(what, working_size(header, what)),
         .resampler = lanczos};
  stage_times times;
  timed(times.decode, [&] { read_pixels(x, source); });
  timed(times.transform, [&] {
    for (auto run : steps)
      run(x);
  });
  auto result = timed(times.encode, [&] { return encode(x); });
  result.times = times;
  return result;
}

} // namespace convertd
