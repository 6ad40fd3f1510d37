#include "net/http_server.hpp"

#include "net/http_rules.hpp"

namespace lama::net {

http_response ranged_response(const http_request& request, uint64_t size, const std::function<piece_source(uint64_t offset, uint64_t length)>& from) {
  http_response response;
  response.content_type = "application/octet-stream";
  response.headers.emplace_back("Accept-Ranges", "bytes");
  auto range = parse_range(request.range, size);
  if (range.kind == byte_range::kinds::unsatisfiable) {
    response.status = 416;
    response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
    return response;
  }
  if (range.kind == byte_range::kinds::part) {
    response.status = 206;
    response.headers.emplace_back("Content-Range",
                                  "bytes " + std::to_string(range.offset) + "-" + std::to_string(range.offset + range.length - 1) + "/" + std::to_string(size));
  }
  response.stream_bytes = range.length;
  if (request.method != "HEAD" && range.length > 0)
    response.stream = from(range.offset, range.length);
  return response;
}

} // namespace lama::net
