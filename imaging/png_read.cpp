#include "imaging/imaging_error.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_picture.hpp"

#include <csetjmp>
#include <cstring>
#include <memory>
#include <new>
#include <png.h>

namespace convertd {

namespace {

struct reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  bytes_view left;

  reader() = default;
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  ~reader() {
    png_destroy_read_struct(&png, &info, nullptr);
  }
};

void take(png_structp png, png_bytep to, std::size_t size) {
  auto& left = static_cast<reader*>(png_get_io_ptr(png))->left;
  if (size > left.size())
    png_error(png, "cut short");
  std::memcpy(to, left.data(), size);
  left = left.subspan(size);
}

void open(reader& x) {
  auto ignore = [](png_structp, png_const_charp) {};
  x.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, ignore);
  x.info = x.png == nullptr ? nullptr : png_create_info_struct(x.png);
  if (x.info == nullptr)
    throw std::bad_alloc();
  png_set_read_fn(x.png, &x, take);
}

void read_palette(const reader& x, png_picture& to) {
  png_colorp colours = nullptr;
  int count = 0;
  png_bytep alpha = nullptr;
  int alphas = 0;
  png_get_PLTE(x.png, x.info, &colours, &count);
  png_get_tRNS(x.png, x.info, &alpha, &alphas, nullptr);
  for (int i = 0; i < count; ++i)
    to.palette.push_back({colours[i].red, colours[i].green, colours[i].blue,
                          i < alphas ? alpha[i] : std::uint8_t{255}});
}

void read_facts(const reader& x, png_picture& to) {
  auto number = png_get_color_type(x.png, x.info);
  to.width = png_get_image_width(x.png, x.info);
  to.height = png_get_image_height(x.png, x.info);
  to.depth = png_get_bit_depth(x.png, x.info);
  to.colour = static_cast<png_colour>(number);
}

/// Runs `f`, which calls libpng and has no object with a destructor alive meanwhile.
template <class F>
void guarded(png_structp png, F f) {
  if (setjmp(png_jmpbuf(png)) != 0)
    throw imaging_error(ec::decode_failed, "");
  f();
}

} // namespace

png_picture read_png(bytes_view source) {
  auto pixels_only = filter_png(source, is_critical_png);
  png_picture out;
  reader x;
  open(x);
  x.left = pixels_only;
  guarded(x.png, [&] {
    png_read_info(x.png, x.info);
    auto key = png_get_valid(x.png, x.info, PNG_INFO_tRNS) != 0
               && png_get_color_type(x.png, x.info) != PNG_COLOR_TYPE_PALETTE;
    if (key)
      png_set_tRNS_to_alpha(x.png); // makes grey of few bits 8
    png_set_interlace_handling(x.png);
    png_read_update_info(x.png, x.info);
  });
  read_facts(x, out);
  if (out.colour == png_colour::palette)
    read_palette(x, out);
  out.rows.resize(out.stride() * out.height);
  std::vector<png_bytep> rows(out.height);
  for (std::size_t y = 0; y < rows.size(); ++y)
    rows[y] = out.rows.data() + y * out.stride();
  guarded(x.png, [&] { png_read_image(x.png, rows.data()); });
  return out;
}

} // namespace convertd
