package io.manta.sharding;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Where others reach a process, and what it binds for that.
///
/// @param host at which others reach it
/// @param port at which others reach it; 0 takes a free one
/// @param bindHost address to bind, and from which connections to others leave, where that is not
///   `host`
/// @param bindPort port to bind where that is not `port`
public record Listening(String host, int port, Optional<String> bindHost, OptionalInt bindPort) {
  static Listening at(String host, int port) {
    return new Listening(host, port, Optional.empty(), OptionalInt.empty());
  }

  /// As settings of Artery.
  Map<String, Object> settings() {
    var settings = new HashMap<String, Object>();
    settings.put("pekko.remote.artery.canonical.hostname", host);
    settings.put("pekko.remote.artery.canonical.port", port);
    bindHost.ifPresent(
        address -> {
          settings.put("pekko.remote.artery.bind.hostname", address);
          settings.put("pekko.remote.artery.advanced.tcp.outbound-client-hostname", address);
        });
    bindPort.ifPresent(number -> settings.put("pekko.remote.artery.bind.port", number));
    return settings;
  }

  /// What is bound, in words.
  @Override
  public String toString() {
    return "port " + bindPort.orElse(port) + " of " + bindHost.orElse(host);
  }
}
