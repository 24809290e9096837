// CRC-32C (Castagnoli, RFC 3720 appendix B.4), what guards spool records.  Uses the CPU's
// instruction where there is one; Debian 12 packages no library that does.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern {

// `crc`: 0, or the result for the bytes before `data`, so that pieces chain.
std::uint32_t crc32c(std::string_view data, std::uint32_t crc = 0);
// The table-driven path, for tests and CPUs without the instruction.
std::uint32_t crc32c_portable(std::string_view data, std::uint32_t crc = 0);

}  // namespace postern
