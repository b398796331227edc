package io.manta.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/// TCP ports of this machine. What is free now may be taken a moment later.
public final class Ports {
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

  /// Ports that were free, no two the same.
  public static List<Integer> free(int count) {
    var sockets = new ArrayList<ServerSocket>();
    try {
      var ports = new ArrayList<Integer>();
      for (int i = 0; i < count; i++) {
        var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        ports.add(socket.getLocalPort());
      }
      return ports;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      for (ServerSocket socket : sockets) {
        try {
          socket.close();
        } catch (IOException e) {
          // It held nothing but the port.
        }
      }
    }
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
