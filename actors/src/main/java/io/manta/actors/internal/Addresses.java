package io.manta.actors.internal;

import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.sharding.ClusterSystem;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Addresses of nodes as users write them.
public final class Addresses {
  private static final Pattern FORM = Pattern.compile("(?:manta://)?([^:/\\s]+):(\\d{1,5})/?");
  private static final Set<String> ALL = Set.of("0.0.0.0", "::", "[::]", "*", "");

  private Addresses() {}

  /// @param key of the setting, for the error
  /// @throws ConfigurationException when it is not the one address by which others reach a process
  public static void requireOne(String key, String host) {
    if (ALL.contains(host.strip()) || host.contains(":")) {
      throw new ConfigurationException(
          "%s '%s' is not an address by which others reach this process; name one, such as 127.0.0.1 or 10.0.0.5"
              .formatted(key, host));
    }
  }

  /// See [MantaConfig#safe].
  public static MantaConfig safe(MantaConfig config) {
    List<String> peers = config.addresses().stream().map(Addresses::hostPort).toList();
    Optional<String> far =
        peers.stream().filter(peer -> !ClusterSystem.isLoopback(host(peer))).findFirst();
    if (config.security().isPresent()) {
      return far.isPresent() && ClusterSystem.isLoopback(config.host())
          ? config.withHost(from(far.get()))
          : config;
    }
    if (!ClusterSystem.isLoopback(config.host())) {
      throw unsafe("host '" + config.host() + "'");
    }
    if (far.isPresent()) {
      throw unsafe("'" + far.get() + "'");
    }
    return config;
  }

  private static ConfigurationException unsafe(String what) {
    return new ConfigurationException(
        what
            + " is not a loopback address; other machines need certificates and the cluster's"
            + " token. Make them with 'manta cluster init', copy them to each machine, and name"
            + " their folder: --security FOLDER, MANTA_SECURITY or withSecurity(folder)");
  }

  /// The address of this machine that packets to another go out from; sends none.
  private static String from(String peer) {
    try (var socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(host(peer), port(peer)));
      InetAddress own = socket.getLocalAddress();
      return own.getHostAddress();
    } catch (IOException | RuntimeException e) {
      throw new ConfigurationException(
          "which address of this machine reaches %s is not known; name it by 'host'"
              .formatted(peer),
          e);
    }
  }

  private static String host(String hostPort) {
    return hostPort.substring(0, hostPort.lastIndexOf(':'));
  }

  private static int port(String hostPort) {
    return Integer.parseInt(hostPort.substring(hostPort.lastIndexOf(':') + 1));
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
    String host = matcher.group(1).equals("localhost") ? "127.0.0.1" : matcher.group(1);
    return host + ":" + matcher.group(2);
  }
}
