// JPEG quality as the factor that scales the tables of Annex K, also between the whole numbers.
#pragma once

#include <array>
#include <cstdint>

namespace convertd {

using quant_table = std::array<std::uint16_t, 64>; ///< In natural order, as libjpeg has it.

/// The tables that jpeg_set_quality() would make: 100 gives ones, 1 gives 255 in every place.
quant_table scaled_table(bool luma, double quality);

/// The quality whose luma table has this mean.
double quality_of_mean(double mean);

} // namespace convertd
