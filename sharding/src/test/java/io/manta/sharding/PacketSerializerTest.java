package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PacketSerializerTest {
  private static final String OPEN =
      "0000000000000007" + "0000000000000008" + "00000005" + "613a312d62" + "00000009";

  /// What wire version they have is told before processes know that of the other.
  private static final Map<Packet, String> FOR_EVER =
      Map.of(
          new Packet.Open(7, 8, "a:1-b", 9), "O" + OPEN,
          new Packet.Ask(9), "V00000009",
          new Packet.Speaks(9), "S00000009");

  /// To be changed only with the wire version.
  private static final Map<Packet, String> OTHERS =
      Map.of(
          new Packet.Opened(7), "D0000000000000007",
          new Packet.Replaced(8, 7), "R00000000000000080000000000000007",
          new Packet.Acknowledge(7, 3), "A00000000000000070000000000000003");

  private final PacketSerializer serializer = new PacketSerializer();

  private String form(Object packet) {
    return serializer.manifest(packet) + HexFormat.of().formatHex(serializer.toBinary(packet));
  }

  @Test
  void shouldTellItsVersionInTheSameWayForEver() throws IOException {
    for (var packet : FOR_EVER.entrySet()) {
      assertThat(form(packet.getKey())).isEqualTo(packet.getValue());
      byte[] bytes = serializer.toBinary(packet.getKey());
      byte[] longer = Arrays.copyOf(bytes, bytes.length + 5);
      assertThat(serializer.fromBinary(longer, serializer.manifest(packet.getKey())))
          .isEqualTo(packet.getKey());
    }
  }

  @Test
  void shouldWritePacketsAsBuildsOfThisWireVersionDo() throws IOException {
    for (var packet : OTHERS.entrySet()) {
      assertThat(form(packet.getKey())).isEqualTo(packet.getValue());
      assertThat(
              serializer.fromBinary(
                  serializer.toBinary(packet.getKey()), serializer.manifest(packet.getKey())))
          .isEqualTo(packet.getKey());
    }
    assertThat(form(new Packet.Frame(7, 2, 1, new byte[] {5})))
        .isEqualTo(
            "F" + "0000000000000007" + "0000000000000002" + "0000000000000001" + "0000000105");
    assertThat(form(new EntityMessage("a", new byte[] {5})))
        .isEqualTo("E" + "00000001" + "61" + "0000000105");
  }
}
