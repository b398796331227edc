package io.manta.actors.internal;

import io.manta.core.ConfigurationException;
import java.util.Set;
import java.util.regex.Pattern;

/// Addresses of nodes as users write them.
public final class Addresses {
  private static final Pattern FORM = Pattern.compile("(?:manta://)?([^:/\\s]+):(\\d{1,5})/?");

  private static final Set<String> LOOPBACK = Set.of("localhost");

  private Addresses() {}

  /// Whoever allows others must first lengthen `down-removal-margin` in `manta-cluster.conf`.
  ///
  /// @throws ConfigurationException when others than this machine could reach it
  public static void requireLoopback(String host) {
    if (!LOOPBACK.contains(host) && !host.matches("127(\\.\\d{1,3}){3}")) {
      throw new ConfigurationException(
          "host '"
              + host
              + "' is not a loopback address; others are refused until nodes can prove who they"
              + " are (token and TLS). Use 127.0.0.1");
    }
  }

  /// `host:port` of `manta://host:port`.
  static String hostPort(String address) {
    var matcher = FORM.matcher(address.strip());
    if (!matcher.matches()) {
      throw new ConfigurationException(
          "'%s' is not an address; write it like manta://127.0.0.1:25520%s"
              .formatted(
                  address, address.contains(",") ? ", and each as an argument of its own" : ""));
    }
    requireLoopback(matcher.group(1));
    String host = matcher.group(1).equals("localhost") ? "127.0.0.1" : matcher.group(1);
    return host + ":" + matcher.group(2);
  }
}
