#include "job/month.hpp"

namespace convertd {

month_number month_of(timestamp t) {
  using namespace std::chrono;
  year_month_day date{floor<days>(t)};
  return static_cast<month_number>(static_cast<int>(date.year())) * 100
         + static_cast<unsigned>(date.month());
}

std::string to_text(month_number month) {
  auto digits = std::to_string(month);
  return digits.substr(0, 4) + "-" + digits.substr(4);
}

} // namespace convertd
