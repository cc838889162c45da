#include "imaging/pixels.hpp"

#include "imaging/magick_compat.hpp"
#include "imaging/magick_core.hpp"

#include <new>

namespace convertd {

namespace {

/// Throws what the call had to say; a call that only failed had no room.
void require(MagickCore::MagickBooleanType ok, core_problem problem) {
  if (problem->severity >= MagickCore::ErrorException)
    Magick::throwException(problem.release());
  if (ok == MagickCore::MagickFalse)
    throw std::bad_alloc();
}

core_problem new_problem() {
  return core_problem{MagickCore::AcquireExceptionInfo()};
}

} // namespace

Magick::Image blank_image(std::uint32_t width, std::uint32_t height, bool alpha) {
  auto problem = new_problem();
#if MagickLibVersion >= 0x700
  core_images image{MagickCore::AcquireImage(nullptr, problem.get())};
  auto ok = MagickCore::SetImageExtent(image.get(), width, height, problem.get());
#else
  core_images image{MagickCore::AcquireImage(nullptr)};
  auto ok = MagickCore::SetImageExtent(image.get(), width, height);
#endif
  require(ok, std::move(problem));
  Magick::Image x{image.release()};
  x.quiet(true);
  set_alpha(x, alpha);
  return x;
}

void put_rows(Magick::Image& image, std::uint32_t top, std::uint32_t rows, const char* order,
              Magick::StorageType type, const void* bytes) {
  auto problem = new_problem();
  auto y = static_cast<ssize_t>(top);
#if MagickLibVersion >= 0x700
  auto ok = MagickCore::ImportImagePixels(image.image(), 0, y, image.columns(), rows, order, type,
                                          bytes, problem.get());
#else
  auto ok =
    MagickCore::ImportImagePixels(image.image(), 0, y, image.columns(), rows, order, type, bytes);
#endif
  require(ok, std::move(problem));
}

void take_rows(const Magick::Image& image, std::uint32_t top, std::uint32_t rows, const char* order,
               Magick::StorageType type, void* bytes) {
  auto problem = new_problem();
  auto ok = MagickCore::ExportImagePixels(image.constImage(), 0, static_cast<ssize_t>(top),
                                          image.columns(), rows, order, type, bytes, problem.get());
  require(ok, std::move(problem));
}

void attach_profile(Magick::Image& image, const char* name, std::string_view bytes) {
  if (bytes.empty())
    return;
  auto* block = MagickCore::BlobToStringInfo(bytes.data(), bytes.size());
  if (block == nullptr)
    throw std::bad_alloc();
  auto problem = new_problem();
#if MagickLibVersion >= 0x700
  MagickCore::SetImageProfile(image.image(), name, block, problem.get());
#else
  MagickCore::SetImageProfile(image.image(), name, block);
#endif
  MagickCore::DestroyStringInfo(block);
}

void turn_upright(Magick::Image& image, std::uint8_t orientation) {
  image.orientation(static_cast<Magick::OrientationType>(orientation));
  image.autoOrient();
  image.orientation(Magick::TopLeftOrientation);
  drop_page(image);
}

} // namespace convertd
