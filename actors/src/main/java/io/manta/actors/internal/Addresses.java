package io.manta.actors.internal;

import io.manta.core.ConfigurationException;
import java.util.regex.Pattern;

/// Addresses of nodes as users write them.
final class Addresses {
  private static final Pattern FORM = Pattern.compile("(?:manta://)?([^:/\\s]+):(\\d{1,5})/?");

  private Addresses() {}

  /// `host:port` of `manta://host:port`.
  static String hostPort(String address) {
    var matcher = FORM.matcher(address.strip());
    if (!matcher.matches()) {
      throw new ConfigurationException(
          "'" + address + "' is not an address; write it like manta://127.0.0.1:25520");
    }
    String host = matcher.group(1).equals("localhost") ? "127.0.0.1" : matcher.group(1);
    return host + ":" + matcher.group(2);
  }
}
