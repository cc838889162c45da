// libjpeg's errors as exceptions. It is C and may not be unwound, so that they leave it by longjmp.
#pragma once

#include "imaging/imaging_error.hpp"

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <jerror.h>
#include <jpeglib.h>
#include <new>

namespace convertd {

struct jpeg_guard : jpeg_error_mgr {
  jpeg_guard() : jpeg_error_mgr{} {
    jpeg_std_error(this);
    error_exit = [](j_common_ptr x) { std::longjmp(static_cast<jpeg_guard*>(x->err)->back, 1); };
    output_message = [](j_common_ptr) {};
  }

  std::jmp_buf back{};
};

/// Runs `f`, which calls libjpeg with this guard and has no object with a destructor alive
/// meanwhile.
template <class F>
void guarded(jpeg_guard& guard, ec otherwise, F f) {
  if (setjmp(guard.back) == 0)
    return f();
  if (guard.msg_code == JERR_OUT_OF_MEMORY)
    throw std::bad_alloc();
  throw imaging_error(otherwise, "");
}

} // namespace convertd
