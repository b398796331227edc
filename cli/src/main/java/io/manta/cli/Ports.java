package io.manta.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// TCP ports of this machine. What is free now may be taken a moment later.
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int END = 32_768; // where those of Linux begin; of others they do later
  private static final int TRIES = 10_000;

  private Ports() {}

  public static boolean isFree(String host, int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// Refuses a port that is taken; 0 is any free one.
  ///
  /// @param flag the option that chooses it
  /// @throws CommandException naming a free one
  public static void requireFree(String host, int port, String flag) {
    if (port != 0 && !isFree(host, port)) {
      throw new CommandException(
          "port %d on %s is taken; give a free one, such as %s %d"
              .formatted(port, host, flag, freeAfter(host, port)));
    }
  }

  /// Ports that were free, no two the same: drawn at random below those that systems take for
  /// connections, else one may be taken by any connection before it is used.
  public static List<Integer> free(int count) {
    var ports = new LinkedHashSet<Integer>();
    String host = InetAddress.getLoopbackAddress().getHostAddress();
    for (int i = 0; i < TRIES && ports.size() < count; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (isFree(host, port)) {
        ports.add(port);
      }
    }
    if (ports.size() < count) {
      throw new CommandException(
          "of %d ports tried from %d to %d only %d were free; end what uses them"
              .formatted(TRIES, FIRST, END - 1, ports.size()));
    }
    return List.copyOf(ports);
  }

  /// The next free port after a taken one.
  public static int freeAfter(String host, int taken) {
    for (int port = taken + 1; port <= Math.min(taken + 100, 65535); port++) {
      if (isFree(host, port)) {
        return port;
      }
    }
    return free(1).getFirst();
  }
}
