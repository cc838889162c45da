#include "imaging/jpeg_coefficients.hpp"

#include "imaging/jpeg_guard.hpp"
#include "imaging/jpeg_memory.hpp"
#include "imaging/jpeg_scale.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <numeric>

namespace convertd {

namespace {

constexpr int components_max = 4;

/// Below this the heads of progressive scans may weigh more than what those save.
constexpr std::size_t small_bytes = 16 * 1024;

/// Colours of which the second and the third component are chroma.
bool is_luma(const jpeg_decompress_struct& x, int component) {
  auto split = x.jpeg_color_space == JCS_YCbCr || x.jpeg_color_space == JCS_YCCK;
  return !split || component == 0 || component == 3;
}

const JQUANT_TBL* table_of(const jpeg_decompress_struct& x, int component) {
  const auto& info = x.comp_info[component];
  return info.quant_table != nullptr ? info.quant_table : x.quant_tbl_ptrs[info.quant_tbl_no];
}

/// A component that no scan has brought may name a table that is not there.
void require_table(jpeg_decompress_struct& x, int component) {
  const auto& info = x.comp_info[component];
  auto number = info.quant_tbl_no;
  if (info.quant_table != nullptr)
    return;
  if (number < 0 || number >= NUM_QUANT_TBLS || x.quant_tbl_ptrs[number] == nullptr)
    ERREXIT1(&x, JERR_NO_QUANT_TABLE, number);
}

/// What a coefficient is multiplied with to stand for as many of the wider steps.
struct factors {
  std::array<float, DCTSIZE2> by;
  bool changes = false;
};

void requantise(const JBLOCKROW from, JBLOCKROW to, JDIMENSION blocks, const factors& x) {
  for (JDIMENSION i = 0; i < blocks; ++i)
    for (int k = 0; k < DCTSIZE2; ++k) {
      auto value = static_cast<float>(from[i][k]) * x.by[static_cast<std::size_t>(k)];
      to[i][k] = static_cast<JCOEF>(value + (value < 0 ? -0.5F : 0.5F));
    }
}

} // namespace

struct jpeg_coefficients::impl {
  mutable jpeg_guard guard;
  mutable jpeg_decompress_struct from{};
  jvirt_barray_ptr* coefficients = nullptr;
  std::array<jvirt_barray_ptr, components_max> coarser{}; ///< Room for what is written.

  impl() {
    from.err = &guard;
  }
  ~impl() {
    jpeg_destroy_decompress(&from);
  }

  void read(bytes_view source);
  void request_room();
  std::array<quant_table, components_max> tables(double quality) const;
  void coarsen(int component, const quant_table& table) const;
  void write(jpeg_compress_struct& to, double quality, std::span<const jpeg_segment> keep,
             bool progressive) const;
  encoded_image encode(double quality, std::span<const jpeg_segment> keep, bool progressive) const;
};

/// As large as the source's own, see jpegtran's workspace.
void jpeg_coefficients::impl::request_room() {
  for (int i = 0; i < from.num_components; ++i) {
    const auto& info = from.comp_info[i];
    auto whole = [](JDIMENSION size, int step) {
      auto unit = static_cast<JDIMENSION>(step);
      return (size + unit - 1) / unit * unit;
    };
    coarser[static_cast<std::size_t>(i)] = (*from.mem->request_virt_barray)(
      reinterpret_cast<j_common_ptr>(&from), JPOOL_IMAGE, TRUE, // rows beyond the picture
      whole(info.width_in_blocks, info.h_samp_factor),
      whole(info.height_in_blocks, info.v_samp_factor),
      static_cast<JDIMENSION>(info.v_samp_factor));
  }
}

void jpeg_coefficients::impl::read(bytes_view source) {
  guarded(guard, ec::decode_failed, [&] {
    jpeg_create_decompress(&from);
    jpeg_mem_src(&from, reinterpret_cast<const unsigned char*>(source.data()), source.size());
    jpeg_read_header(&from, TRUE);
    if (from.num_components > components_max)
      ERREXIT2(&from, JERR_COMPONENT_COUNT, from.num_components, components_max);
    request_room();
    coefficients = jpeg_read_coefficients(&from);
    for (int i = 0; i < from.num_components; ++i)
      require_table(from, i);
  });
}

/// Never finer than the source's: that would cost bytes and give nothing back.
std::array<quant_table, components_max> jpeg_coefficients::impl::tables(double quality) const {
  std::array<quant_table, components_max> out{};
  for (int i = 0; i < from.num_components; ++i) {
    auto& table = out[static_cast<std::size_t>(i)];
    table = scaled_table(is_luma(from, i), quality);
    const auto& old = table_of(from, i)->quantval;
    for (std::size_t k = 0; k < table.size(); ++k)
      table[k] = std::max<std::uint16_t>(table[k], old[k]);
  }
  return out;
}

void jpeg_coefficients::impl::coarsen(int component, const quant_table& table) const {
  factors x{};
  const auto& old = table_of(from, component)->quantval;
  for (std::size_t k = 0; k < table.size(); ++k) {
    x.by[k] = static_cast<float>(old[k]) / static_cast<float>(table[k]);
    x.changes |= old[k] != table[k];
  }
  auto common = reinterpret_cast<j_common_ptr>(&from);
  auto i = static_cast<std::size_t>(component);
  const auto& info = from.comp_info[component];
  for (JDIMENSION row = 0; row < info.height_in_blocks; ++row) {
    auto source = (*from.mem->access_virt_barray)(common, coefficients[i], row, 1, FALSE);
    auto target = (*from.mem->access_virt_barray)(common, coarser[i], row, 1, TRUE);
    requantise(source[0], target[0], info.width_in_blocks, x);
  }
}

/// Components with the same steps share a table.
void set_tables(jpeg_compress_struct& to, std::span<const quant_table> tables) {
  for (int i = 0; i < to.num_components; ++i) {
    const auto& mine = tables[static_cast<std::size_t>(i)];
    auto same = static_cast<int>(std::ranges::find(tables, mine) - tables.begin());
    to.comp_info[i].quant_tbl_no = same;
    auto*& slot = to.quant_tbl_ptrs[same];
    if (slot == nullptr)
      slot = jpeg_alloc_quant_table(reinterpret_cast<j_common_ptr>(&to));
    std::ranges::copy(mine, slot->quantval);
    slot->sent_table = FALSE;
  }
}

void jpeg_coefficients::impl::write(jpeg_compress_struct& to, double quality,
                                    std::span<const jpeg_segment> keep, bool progressive) const {
  auto wanted = tables(quality);
  for (int i = 0; i < from.num_components; ++i)
    coarsen(i, wanted[static_cast<std::size_t>(i)]);
  jpeg_copy_critical_parameters(&from, &to);
  set_tables(to, wanted);
  to.optimize_coding = TRUE;
  if (progressive)
    jpeg_simple_progression(&to);
  jpeg_write_coefficients(&to, const_cast<jvirt_barray_ptr*>(coarser.data()));
  for (const auto& x : keep)
    jpeg_write_marker(&to, x.marker, reinterpret_cast<const JOCTET*>(x.data.data()),
                      static_cast<unsigned>(x.data.size()));
  jpeg_finish_compress(&to);
}

jpeg_coefficients::jpeg_coefficients(bytes_view source) : impl_{std::make_unique<impl>()} {
  impl_->read(source);
}

jpeg_coefficients::~jpeg_coefficients() = default;

double jpeg_coefficients::source_quality() const {
  const auto& old = table_of(impl_->from, 0)->quantval;
  auto mean = std::accumulate(std::begin(old), std::end(old), 0.0) / DCTSIZE2;
  return quality_of_mean(mean);
}

encoded_image jpeg_coefficients::impl::encode(double quality, std::span<const jpeg_segment> keep,
                                              bool progressive) const {
  jpeg_writer x;
  x.to.err = &guard;
  guarded(guard, ec::encode_failed, [&] {
    jpeg_create_compress(&x.to);
    x.to.dest = &x.memory;
    write(x.to, quality, keep, progressive);
  });
  return x.take(from.image_width, from.image_height);
}

encoded_image jpeg_coefficients::encode(double quality, std::span<const jpeg_segment> keep) const {
  auto out = impl_->encode(quality, keep, true);
  if (out.bytes.size() > small_bytes)
    return out;
  auto sequential = impl_->encode(quality, keep, false);
  return sequential.bytes.size() < out.bytes.size() ? sequential : out;
}

} // namespace convertd
