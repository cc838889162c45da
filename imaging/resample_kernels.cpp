#include "imaging/resample_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

// Highway includes this file once for each kind of processor.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "imaging/resample_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace convertd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

static_assert(std::endian::native == std::endian::little); // pairs of weights are loaded as one

constexpr int rows_shift_8 = weight_bits - 6;
constexpr int samples_shift_8 = weight_bits + 6;

constexpr std::int32_t half_of(int bits) {
  return std::int32_t{1} << (bits - 1);
}

#if HWY_TARGET == HWY_SCALAR

void blend_rows_8(const std::uint8_t* const* rows, const std::int16_t* weights, std::size_t taps,
                  std::size_t width, std::int16_t* to) {
  for (std::size_t x = 0; x < width; ++x) {
    auto sum = half_of(rows_shift_8);
    for (std::size_t k = 0; k < taps; ++k)
      sum += rows[k][x] * weights[k];
    to[x] = static_cast<std::int16_t>(sum >> rows_shift_8);
  }
}

void blend_samples_8(const std::int16_t* from, const resample_axis& axis, std::uint8_t* to) {
  for (std::size_t i = 0; i < axis.to; ++i) {
    auto sum = half_of(samples_shift_8);
    for (std::size_t k = 0; k < axis.taps; ++k)
      sum += from[axis.first[i] + k] * axis.weights_of(i)[k];
    to[i] = static_cast<std::uint8_t>(std::clamp(sum >> samples_shift_8, 0, 255));
  }
}

#else

/// Two weights as one number, for pairs of samples.
std::int32_t pair_at(const std::int16_t* weights) {
  std::int32_t pair;
  std::memcpy(&pair, weights, sizeof pair);
  return pair;
}

void blend_rows_8(const std::uint8_t* const* rows, const std::int16_t* weights, std::size_t taps,
                  std::size_t width, std::int16_t* to) {
  const hn::ScalableTag<std::int16_t> d16;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const hn::Rebind<std::uint8_t, decltype(d16)> d8;
  const auto lanes = hn::Lanes(d16);
  for (std::size_t x = 0; x < width; x += 2 * lanes) {
    auto a = hn::Set(d32, half_of(rows_shift_8)), b = a, c = a, d = a;
    auto a1 = hn::Zero(d32), b1 = a1, c1 = a1, e1 = a1;
    for (std::size_t k = 0; k < taps; k += 2) {
      const auto pair = hn::BitCast(d16, hn::Set(d32, pair_at(weights + k)));
      const auto p = hn::PromoteTo(d16, hn::LoadU(d8, rows[k] + x));
      const auto q = hn::PromoteTo(d16, hn::LoadU(d8, rows[k + 1] + x));
      const auto r = hn::PromoteTo(d16, hn::LoadU(d8, rows[k] + x + lanes));
      const auto s = hn::PromoteTo(d16, hn::LoadU(d8, rows[k + 1] + x + lanes));
      a = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, p, q), pair, a, a1);
      b = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, p, q), pair, b, b1);
      c = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, r, s), pair, c, c1);
      d = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, r, s), pair, d, e1);
    }
    const auto whole = [&](auto sum, auto rest) HWY_ATTR {
      return hn::ShiftRight<rows_shift_8>(hn::RearrangeToOddPlusEven(sum, rest));
    };
    hn::StoreU(hn::ReorderDemote2To(d16, whole(a, a1), whole(b, b1)), d16, to + x);
    hn::StoreU(hn::ReorderDemote2To(d16, whole(c, c1), whole(d, e1)), d16, to + x + lanes);
  }
}

/// Sums of four lanes each.
template <class D, class V>
auto folded(D d, V x) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return folded(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  } else {
    return x;
  }
}

void blend_samples_8(const std::int16_t* from, const resample_axis& axis, std::uint8_t* to) {
  const hn::CappedTag<std::int16_t, weight_group> d16;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const hn::CappedTag<std::int32_t, 4> four;
  const hn::Rebind<std::uint8_t, decltype(four)> d8;
  const hn::RepartitionToWide<decltype(four)> two;
  const auto lanes = hn::Lanes(d16);
  const auto sum_of = [&](std::size_t i) HWY_ATTR {
    auto sum = hn::Zero(d32), rest = sum;
    const auto* samples = from + axis.first[i];
    const auto* weights = axis.weights_of(i);
    for (std::size_t k = 0; k < axis.taps; k += lanes)
      sum = hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d16, samples + k),
                                          hn::LoadU(d16, weights + k), sum, rest);
    return folded(d32, hn::Add(sum, rest));
  };
  const std::size_t last = axis.to - 1;
  for (std::size_t i = 0; i < axis.to; i += 4) { // four sums at a time, transposed
    const auto a = sum_of(i), b = sum_of(std::min(i + 1, last));
    const auto c = sum_of(std::min(i + 2, last)), d = sum_of(std::min(i + 3, last));
    const auto ab = hn::Add(hn::InterleaveLower(four, a, b), hn::InterleaveUpper(four, a, b));
    const auto cd = hn::Add(hn::InterleaveLower(four, c, d), hn::InterleaveUpper(four, c, d));
    const auto lower =
      hn::BitCast(four, hn::InterleaveLower(two, hn::BitCast(two, ab), hn::BitCast(two, cd)));
    const auto upper =
      hn::BitCast(four, hn::InterleaveUpper(two, hn::BitCast(two, ab), hn::BitCast(two, cd)));
    const auto sum = hn::Add(hn::Add(lower, upper), hn::Set(four, half_of(samples_shift_8)));
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<samples_shift_8>(sum)), d8, to + i);
  }
}

#endif

void blend_rows_16(const std::uint16_t* const* rows, const std::int16_t* weights, std::size_t taps,
                   std::size_t width, std::int32_t* to) {
  const hn::ScalableTag<std::int32_t> d32;
  const hn::Rebind<std::uint16_t, decltype(d32)> d16;
  for (std::size_t x = 0; x < width; x += hn::Lanes(d32)) {
    auto sum = hn::Set(d32, half_of(weight_bits));
    for (std::size_t k = 0; k < taps; ++k)
      sum = hn::Add(
        sum, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d16, rows[k] + x)), hn::Set(d32, weights[k])));
    hn::StoreU(hn::ShiftRight<weight_bits>(sum), d32, to + x);
  }
}

void blend_samples_16(const std::int32_t* from, const resample_axis& axis, std::uint16_t* to) {
  const hn::CappedTag<std::int32_t, weight_group> d32;
  const hn::Rebind<std::int16_t, decltype(d32)> d16;
  for (std::size_t i = 0; i < axis.to; ++i) {
    auto sum = hn::Zero(d32);
    const auto* samples = from + axis.first[i];
    for (std::size_t k = 0; k < axis.taps; k += hn::Lanes(d32))
      sum = hn::Add(sum, hn::Mul(hn::LoadU(d32, samples + k),
                                 hn::PromoteTo(d32, hn::LoadU(d16, axis.weights_of(i) + k))));
    auto value = (hn::GetLane(hn::SumOfLanes(d32, sum)) + half_of(weight_bits)) >> weight_bits;
    to[i] = static_cast<std::uint16_t>(std::clamp(value, 0, 65535));
  }
}

} // namespace convertd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convertd {

HWY_EXPORT(blend_rows_8);
HWY_EXPORT(blend_rows_16);
HWY_EXPORT(blend_samples_8);
HWY_EXPORT(blend_samples_16);

void blend_rows(const std::uint8_t* const* rows, const std::int16_t* weights, std::size_t taps,
                std::size_t width, std::int16_t* to) {
  HWY_DYNAMIC_DISPATCH(blend_rows_8)(rows, weights, taps, width, to);
}

void blend_rows(const std::uint16_t* const* rows, const std::int16_t* weights, std::size_t taps,
                std::size_t width, std::int32_t* to) {
  HWY_DYNAMIC_DISPATCH(blend_rows_16)(rows, weights, taps, width, to);
}

void blend_samples(const std::int16_t* from, const resample_axis& axis, std::uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(blend_samples_8)(from, axis, to);
}

void blend_samples(const std::int32_t* from, const resample_axis& axis, std::uint16_t* to) {
  HWY_DYNAMIC_DISPATCH(blend_samples_16)(from, axis, to);
}

} // namespace convertd
#endif
