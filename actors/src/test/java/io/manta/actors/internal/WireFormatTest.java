package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.manta.core.WireVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What processes say to each other stays as the builds of this wire version have it: in the file
/// `wire-format` are the bytes of a sample of each, a line for each form that one of them writes.
class WireFormatTest {
  private static final Path FILE = Path.of("src/test/resources/wire-format");
  private static final int FIRST_CONTROL = 100;

  private static List<String> lines() throws IOException {
    return Files.readAllLines(FILE).stream().filter(line -> !line.startsWith("#")).toList();
  }

  private static String line(String name, byte[] bytes) {
    return name + " " + HexFormat.of().formatHex(bytes);
  }

  @Test
  void shouldWriteWhatBuildsOfThisWireVersionRead() throws IOException {
    Set<String> known = Set.copyOf(lines());
    List<String> changed =
        WireSamples.all().entrySet().stream()
            .map(sample -> line(sample.getKey(), sample.getValue()))
            .filter(line -> !known.contains(line))
            .toList();
    Path written = Files.write(Path.of("target/wire-format"), changed);
    assertThat(changed)
        .as(
            "What processes say to each other changed. Where builds of wire version %d read it,"
                + " as CONTRIBUTING.md says, append %s to %s. Else raise"
                + " WireVersion, replace all lines there, and add the commit to the file"
                + " wire-version.",
            WireVersion.current(), written, FILE)
        .isEmpty();
  }

  @Test
  void shouldReadWhatBuildsOfThisWireVersionWrite() throws IOException {
    for (String line : lines()) {
      int space = line.lastIndexOf(' ');
      byte[] bytes = HexFormat.of().parseHex(line.substring(space + 1));
      assertThatCode(() -> WireSamples.readAndWrite(line.substring(0, space), bytes))
          .as("%s: to be read, or WireVersion to be raised", line)
          .doesNotThrowAnyException();
    }
  }

  @Test
  void shouldReadWhatItWrites() {
    WireSamples.all()
        .forEach(
            (name, bytes) ->
                assertThat(WireSamples.readAndWrite(name, bytes)).as(name).isEqualTo(bytes));
  }

  @Test
  void shouldPassOverWhatALaterBuildAdds() throws IOException {
    for (Map.Entry<String, byte[]> sample : messages().entrySet()) {
      byte[] bytes = sample.getValue();
      byte[] more =
          (bytes[0] & 0xff) < FIRST_CONTROL
              ? Arrays.copyOf(bytes, bytes.length + 9)
              : withOneMoreField(bytes);
      assertThat(WireSamples.readAndWrite(sample.getKey(), more))
          .as(sample.getKey())
          .isEqualTo(bytes);
    }
  }

  private static Map<String, byte[]> messages() {
    return WireSamples.all().entrySet().stream()
        .filter(sample -> sample.getKey().startsWith("message "))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static byte[] withOneMoreField(byte[] control) throws IOException {
    var mapper = new CBORMapper();
    var fields = (ObjectNode) mapper.readTree(Arrays.copyOfRange(control, 1, control.length));
    byte[] body = mapper.writeValueAsBytes(fields.put("later", 5));
    return ByteBuffer.allocate(1 + body.length).put(control[0]).put(body).array();
  }
}
