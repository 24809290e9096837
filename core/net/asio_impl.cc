// Asio's own code, compiled once (BOOST_ASIO_SEPARATE_COMPILATION): its headers are costly, and
// every other unit only declares it.
#include <boost/asio/impl/src.hpp>
