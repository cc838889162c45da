#include "imaging/imaging_error.hpp"

#include <Magick++.h>

#include <new>

namespace convertd {

namespace {

failure of(ec code, const char* sentence = "") {
  return {.code = code, .message = sentence, .field = {}, .detail = {}};
}

failure classify(ec otherwise) {
  try {
    throw;
  } catch (const imaging_error& x) {
    auto why = of(x.code(), x.what());
    why.detail = x.detail();
    return why;
  } catch (const Magick::ErrorResourceLimit&) {
    return of(ec::too_large, "The image needs more memory than it was granted.");
  } catch (const Magick::ErrorCache&) { // of pixels
    return of(ec::too_large, "The image needs more memory than it was granted.");
  } catch (const Magick::ErrorPolicy&) {
    return of(ec::unsupported_input);
  } catch (const Magick::ErrorMissingDelegate&) {
    return of(ec::unsupported_input);
  } catch (const std::bad_alloc&) {
    return of(ec::too_large, "The image needs more memory than it was granted.");
  } catch (...) {
    return of(otherwise);
  }
}

} // namespace

failure failure_in_flight(ec otherwise) noexcept {
  try {
    return classify(otherwise);
  } catch (...) { // no memory for the sentence
    failure plain;
    plain.code = ec::too_large;
    return plain;
  }
}

} // namespace convertd
