#include "core/mime/date.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace postern::mime {

std::string format_date(WallTime time, std::chrono::minutes utc_offset, std::string_view zone) {
  using namespace std::chrono;
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto local = floor<seconds>(time) + utc_offset;
  const auto day = floor<days>(local);
  const year_month_day date(day);
  const hh_mm_ss clock(local - day);
  const auto offset = std::abs(utc_offset.count());
  std::string out = fmt::format(
      "{}, {} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}", kDays[weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count(), utc_offset.count() < 0 ? '-' : '+', offset / 60, offset % 60);
  if (!zone.empty()) out += fmt::format(" ({})", zone);
  return out;
}

std::string format_local_date(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return format_date(time, {}, "UTC");
  return format_date(time, std::chrono::minutes(local.tm_gmtoff / 60), local.tm_zone);
}

}  // namespace postern::mime
