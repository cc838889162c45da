#include "imaging/jpeg_planes.hpp"

#include <algorithm>

namespace convertd {

namespace {

constexpr int rows_max = MAX_SAMP_FACTOR * DCTSIZE;

std::uint32_t blocks_to_samples(const jpeg_component_info& x, JDIMENSION blocks) {
  return blocks * static_cast<std::uint32_t>(x.DCT_scaled_size);
}

} // namespace

jpeg_planes::jpeg_planes(bytes_view source) {
  from_.err = &guard_;
  guarded(guard_, ec::decode_failed, [&] {
    jpeg_create_decompress(&from_);
    jpeg_mem_src(&from_, reinterpret_cast<const unsigned char*>(source.data()), source.size());
    jpeg_read_header(&from_, TRUE);
  });
}

bool jpeg_planes::are_plain() const {
  if (from_.num_components != count || from_.jpeg_color_space != JCS_YCbCr
      || from_.data_precision != 8 || from_.arith_code)
    return false;
  auto divides = [](const jpeg_component_info& x, const jpeg_component_info& y) {
    return x.h_samp_factor % y.h_samp_factor == 0 && x.v_samp_factor % y.v_samp_factor == 0;
  };
  const auto* c = from_.comp_info;
  return divides(c[0], c[1]) && divides(c[0], c[2]);
}

jpeg_density jpeg_planes::density() const {
  if (!from_.saw_JFIF_marker)
    return {};
  return {from_.density_unit, from_.X_density, from_.Y_density};
}

void jpeg_planes::start(unsigned eighths) {
  guarded(guard_, ec::decode_failed, [&] {
    from_.scale_num = eighths;
    from_.scale_denom = DCTSIZE;
    from_.out_color_space = JCS_YCbCr;
    from_.raw_data_out = TRUE;
    jpeg_start_decompress(&from_);
  });
}

jpeg_planes::layout jpeg_planes::layout_of(std::size_t plane) const {
  const auto& x = from_.comp_info[plane];
  auto share = [&](int factor, int most) {
    return static_cast<double>(factor * x.DCT_scaled_size) / (most * DCTSIZE);
  };
  return {.width = x.downsampled_width,
          .height = x.downsampled_height,
          .across = share(x.h_samp_factor, from_.max_h_samp_factor),
          .down = share(x.v_samp_factor, from_.max_v_samp_factor),
          .batch = static_cast<std::uint32_t>(x.v_samp_factor * x.DCT_scaled_size),
          .room = blocks_to_samples(x, x.width_in_blocks)};
}

void jpeg_planes::read_batch(resizers& to) {
  JSAMPROW rows[count][rows_max];
  JSAMPARRAY planes[count];
  for (std::size_t i = 0; i < count; ++i) {
    planes[i] = rows[i];
    for (std::uint32_t k = 0; k < layout_of(i).batch; ++k)
      rows[i][k] = to[i]->row(k);
  }
  auto lines = static_cast<JDIMENSION>(from_.max_v_samp_factor * from_.min_DCT_scaled_size);
  guarded(guard_, ec::decode_failed, [&] { jpeg_read_raw_data(&from_, planes, lines); });
  for (std::size_t i = 0; i < count; ++i)
    to[i]->add(layout_of(i).batch);
}

bool jpeg_planes::read(resizers& to) {
  while (from_.output_scanline < from_.output_height && guard_.num_warnings == 0)
    read_batch(to);
  if (guard_.num_warnings == 0)
    guarded(guard_, ec::decode_failed, [&] { jpeg_finish_decompress(&from_); });
  return guard_.num_warnings == 0;
}

} // namespace convertd
