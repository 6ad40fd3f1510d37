#include "test_gateway.hpp"

#include "net/http_rules.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <stdexcept>

namespace lama::net::testing {

test_gateway::test_gateway(http_options options) {
  http_handlers handlers;
  handlers.request = [this](http_request request, http_responder respond) {
    {
      std::lock_guard guard{lock_};
      last_ = request;
      last_.content = nullptr;
    }
    if (instead)
      return instead(std::move(request), std::move(respond));
    serve(std::move(request), std::move(respond));
  };
  handlers.upgrade = [this](http_request request, upgrade_responder respond) {
    if (request.bearer != token)
      return respond({.accepted = std::nullopt, .refused = {.status = 401, .body = R"({"error":"no token"})"}});
    respond({.accepted = sessions.events(), .refused = {}});
  };
  handlers.file = [](const std::string& path, const std::string& encodings) -> std::optional<static_file> {
    if (path == "/")
      return static_file{"text/html", std::make_shared<const std::string>("<html>page</html>"), "\"v1\"", {}, false};
    if (path == "/assets/app.123.js" && accepts_encoding(encodings, "gzip"))
      return static_file{"text/javascript", std::make_shared<const std::string>("packed"), {}, "gzip", true};
    if (path == "/assets/app.123.js")
      return static_file{"text/javascript", std::make_shared<const std::string>(200'000, 'j'), {}, {}, true};
    return std::nullopt;
  };
  sessions.on_frame = [this](connection_id id, const frame& got) {
    if (!echo)
      return;
    server->grant(id, 1);
    protocol::jsonrpc::exchange call{got.bytes};
    if (!call.calls().empty() && call.calls()[0].method == "notify-first")
      server->send(id, {true, protocol::jsonrpc::write_notification("update:progress", {{"n", 1}})});
    for (std::size_t i = 0; i < call.calls().size(); ++i)
      call.answer(i, call.calls()[i].params);
    server->send(id, {true, call.take().value_or("nothing")});
  };
  auto listening = listen_http(io, "127.0.0.1", 0, std::move(handlers), std::move(options));
  if (!listening)
    throw std::runtime_error{listening.failure().message};
  server = std::move(*listening);
}

test_gateway::~test_gateway() {
  server->shutdown();
  io.stop();
  for (auto& thread : threads_)
    thread.join();
}

void test_gateway::serve(http_request request, http_responder respond) {
  switch (request.route) {
  case http_route::rpc: {
    if (request.bearer != token)
      return respond({.status = 401, .body = R"({"error":"Not this token."})"});
    // From a thread of its own, as actors do.
    threads_.emplace_back([body = std::move(request.body), respond] {
      protocol::jsonrpc::exchange call{body};
      for (std::size_t i = 0; i < call.calls().size(); ++i) {
        if (call.calls()[i].method == "fail")
          call.refuse(i, fail(errc::not_found, "There is no such thing."));
        else
          call.answer(i, call.calls()[i].params);
      }
      respond({.body = call.take().value_or("")});
    });
    return;
  }
  case http_route::healthz:
    return respond({.body = R"({"status":"ok"})"});
  case http_route::metrics:
    return respond({.content_type = "text/plain; version=0.0.4", .body = "lama_up 1\n"});
  case http_route::blob: {
    std::shared_ptr<const std::string> bytes;
    {
      std::lock_guard guard{lock_};
      auto found = blobs_.find(request.blob);
      if (found == blobs_.end())
        return respond({.status = 404, .body = R"({"error":"no such blob"})"});
      bytes = std::make_shared<const std::string>(found->second);
    }
    return respond(ranged_response(request, bytes->size(), [bytes](uint64_t offset, uint64_t length) -> piece_source {
      auto at = std::make_shared<uint64_t>(offset);
      return [bytes, at, end = offset + length](const piece_taker& take) {
        auto count = std::min<uint64_t>(end - *at, limits::blob_chunk_bytes);
        take(bytes->substr(std::exchange(*at, *at + count), count));
      };
    }));
  }
  case http_route::upload:
    if (request.bearer != token)
      return respond({.status = 401, .body = R"({"error":"Not this token."})"});
    return receive_upload(std::make_shared<std::string>(), request, respond);
  case http_route::session:
    return respond({.body = request.body.empty() ? request.method : request.body});
  case http_route::ipc:
    break;
  }
}

void test_gateway::receive_upload(const std::shared_ptr<std::string>& so_far, const http_request& request, const http_responder& respond) {
  request.content([this, so_far, request, respond](result<std::string> piece) {
    if (!piece)
      return respond({.status = piece.failure().code == errc::too_large ? 413u : 400u, .body = "{}"});
    if (!piece->empty()) {
      *so_far += *piece;
      return receive_upload(so_far, request, respond);
    }
    keep_blob(request.blob, *so_far);
    respond({.status = 201, .body = "{}"});
  });
}

} // namespace lama::net::testing
