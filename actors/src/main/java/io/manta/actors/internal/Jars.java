package io.manta.actors.internal;

import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/// Jars of jobs, known by their content: those that this process gives to others, and those that it
/// got and keeps in a folder.
final class Jars {
  /// @param hash SHA-256 of its content, in hexadecimal digits
  /// @param source the process that has it
  record Jar(String name, String hash, long bytes, NodeId source) {}

  private static final int CHUNK_BYTES = 512 * 1024;
  private static final long MOST_BYTES = 2L << 30;

  private final MantaRuntime runtime;
  private final Path folder;
  private final ConcurrentHashMap<String, Path> here = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Path, Jar> described = new ConcurrentHashMap<>();
  private final Requests<byte[]> chunks = new Requests<>();

  Jars(MantaRuntime runtime) {
    this.runtime = runtime;
    this.folder =
        runtime
            .config()
            .stateFolder()
            .orElseGet(
                () ->
                    Path.of(System.getProperty("java.io.tmpdir"))
                        .resolve("manta-" + System.getProperty("user.name")))
            .resolve("jars");
  }

  /// A jar that others may ask for. Its file must stay as it is.
  ///
  /// @throws ConfigurationException when it can't be read
  Jar offer(Path file) {
    return described.computeIfAbsent(file.toAbsolutePath(), this::describe);
  }

  private Jar describe(Path file) {
    try {
      var jar = new Jar(file.getFileName().toString(), hash(file), Files.size(file), runtime.id());
      here.put(jar.hash, file);
      return jar;
    } catch (IOException e) {
      throw new ConfigurationException("jar " + file + " can't be read: " + e, e);
    }
  }

  private static String hash(Path file) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha())) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    }
  }

  private static MessageDigest sha() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /// The files of jars on this machine; fetches what is missing. May block.
  List<Path> files(List<Jar> jars) {
    var files = new ArrayList<Path>();
    for (Jar jar : jars) {
      files.add(here.computeIfAbsent(jar.hash, hash -> find(jar)));
    }
    return files;
  }

  private Path find(Jar jar) {
    if (!jar.hash.matches("[0-9a-f]{64}") || jar.bytes > MOST_BYTES) {
      throw new IllegalArgumentException(jar + " is not a jar that can be fetched");
    }
    Path file = folder.resolve(jar.hash + ".jar");
    try {
      Files.createDirectories(folder);
      Path part = Files.createTempFile(folder, jar.hash, ".part");
      try {
        requireOwn(part);
        if (!Files.exists(file) || !hash(file).equals(jar.hash)) {
          fetch(jar, part);
          move(part, file);
        }
      } finally {
        Files.deleteIfExists(part);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("jar " + jar.name + " can't be kept in " + folder, e);
    }
  }

  /// In a folder of somebody else the content could be replaced after it was looked at.
  private void requireOwn(Path made) throws IOException {
    if (!Files.getOwner(folder).equals(Files.getOwner(made))) {
      throw new IOException(
          "%s belongs to %s; set state-folder to one of your own"
              .formatted(folder, Files.getOwner(folder)));
    }
  }

  private static void move(Path part, Path file) throws IOException {
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void fetch(Jar jar, Path file) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      for (long offset = 0; offset < jar.bytes; ) {
        byte[] chunk = ask(jar, offset);
        if (chunk.length == 0) {
          throw new IOException(jar.source + " has jar " + jar.name + " no more");
        }
        out.write(chunk);
        offset += chunk.length;
      }
    }
    if (!hash(file).equals(jar.hash)) {
      throw new IOException(
          "jar " + jar.name + " of " + jar.source + " is not what it was when it was offered");
    }
  }

  private byte[] ask(Jar jar, long offset) throws IOException {
    try {
      return chunks.ask(
          number ->
              runtime.cluster().send(jar.source, new Message.FetchJar(jar.hash, offset, number)));
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(jar.source + " did not send jar " + jar.name, e);
    }
  }

  /// Another process wants a part of a jar of this one. No bytes say that there is none.
  void asked(NodeId asker, Message.FetchJar request) {
    byte[] chunk = new byte[0];
    Path file = here.get(request.hash());
    if (file != null) {
      try (var in = new RandomAccessFile(file.toFile(), "r")) {
        long left = Math.max(0, in.length() - request.offset());
        chunk = new byte[(int) Math.min(CHUNK_BYTES, left)];
        in.seek(request.offset());
        in.readFully(chunk);
      } catch (IOException e) {
        chunk = new byte[0];
      }
    }
    runtime.cluster().send(asker, new Message.JarChunk(request.request(), chunk));
  }

  void received(Message.JarChunk chunk) {
    chunks.answered(chunk.request(), chunk.bytes());
  }
}
