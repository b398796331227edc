package io.manta.serve.internal;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.manta.serve.Handler;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads the requests and writes the responses of one handler as JSON. Members that a record does
/// not have are ignored; a component of a primitive type that is missing or null is an error. Each
/// handler has a mapper of its own, which keeps no class of its alive longer than it lives.
final class JsonCodec {
  private static final int LONGEST_VALUE = 60;

  private final JavaType requestType;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  private JsonCodec(JsonMapper mapper, JavaType requestType) {
    this.requestType = requestType;
    this.reader = mapper.readerFor(requestType);
    this.writer = mapper.writer();
  }

  /// The codec for a handler.
  ///
  /// @param requestType the class of requests where it was given; else the handler's class says,
  ///   and where it does not, requests are JsonNode
  static JsonCodec of(Handler<?, ?> handler, Optional<String> requestType)
      throws ClassNotFoundException {
    JsonMapper mapper =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .build();
    return new JsonCodec(mapper, requestType(mapper, handler.getClass(), requestType));
  }

  private static JavaType requestType(
      JsonMapper mapper, Class<?> handler, Optional<String> requestType)
      throws ClassNotFoundException {
    var types = mapper.getTypeFactory();
    if (requestType.isPresent()) {
      return types.constructType(Class.forName(requestType.get(), false, handler.getClassLoader()));
    }
    JavaType[] parameters = types.constructType(handler).findTypeParameters(Handler.class);
    boolean said = parameters.length > 0 && !parameters[0].hasRawClass(Object.class);
    return said ? parameters[0] : types.constructType(JsonNode.class);
  }

  JavaType requestType() {
    return requestType;
  }

  /// Reads a request.
  ///
  /// @throws BadRequestException naming the field and position
  @Nullable Object decode(byte[] body) throws BadRequestException {
    if (requestType.hasRawClass(Void.class)) {
      return null;
    }
    if (body.length == 0) {
      throw new BadRequestException("the request has no body; send " + describe(requestType));
    }
    try {
      Object request = reader.readValue(body);
      if (request == null) {
        throw new BadRequestException("the body is null; send " + describe(requestType));
      }
      return request;
    } catch (JsonMappingException e) {
      throw new BadRequestException(mismatch(e), e);
    } catch (JsonProcessingException e) {
      throw new BadRequestException(
          "the body is not JSON: " + e.getOriginalMessage() + position(e), e);
    } catch (IOException e) {
      throw new BadRequestException("the body can't be read: " + e.getMessage(), e);
    }
  }

  /// Writes a response.
  byte[] encode(@Nullable Object response) throws JsonProcessingException {
    return writer.writeValueAsBytes(response);
  }

  private static String mismatch(JsonMappingException e) {
    String path = path(e);
    return (path.isEmpty() ? "the body" : "field '" + path + "'") + ": " + reason(e) + position(e);
  }

  private static String reason(JsonMappingException e) {
    return switch (e) {
      case ValueInstantiationException failed when failed.getCause() != null ->
          failed.getCause().getMessage() == null ? "refused" : failed.getCause().getMessage();
      case InvalidFormatException format ->
          shorten(String.valueOf(format.getValue()))
              + " is not "
              + describe(format.getTargetType());
      case MismatchedInputException mismatch
          when mismatch.getOriginalMessage().startsWith("Trailing token") ->
          "something follows the end of the JSON value";
      case MismatchedInputException mismatch
          when mismatch.getOriginalMessage().startsWith("Cannot map `null`")
              || mismatch.getOriginalMessage().startsWith("Missing") ->
          "is missing or null; it must be " + describe(mismatch.getTargetType());
      case MismatchedInputException mismatch when mismatch.getTargetType() != null ->
          "must be " + describe(mismatch.getTargetType());
      default -> e.getOriginalMessage();
    };
  }

  private static String shorten(String value) {
    return "'"
        + (value.length() > LONGEST_VALUE ? value.substring(0, LONGEST_VALUE) + "…" : value)
        + "'";
  }

  private static String path(JsonMappingException e) {
    var path = new StringBuilder();
    for (var step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return path.toString();
  }

  private static String position(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return location == null || location.getLineNr() < 1
        ? ""
        : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
  }

  private static String describe(JavaType type) {
    return type.isContainerType() && !type.isMapLikeType()
        ? "an array"
        : describe(type.getRawClass());
  }

  /// A Java type in the words of JSON.
  private static String describe(@Nullable Class<?> type) {
    if (type == null || type == JsonNode.class || type == Object.class) {
      return "JSON";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == float.class
        || type == double.class
        || type == Float.class
        || type == Double.class
        || type == Number.class) {
      return "a number";
    }
    if (type == char.class || type == Character.class) {
      return "a single character";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a whole number in the range of " + type.getSimpleName();
    }
    if (CharSequence.class.isAssignableFrom(type)) {
      return "a string";
    }
    if (type.isArray() || Collection.class.isAssignableFrom(type)) {
      return "an array";
    }
    if (type.isEnum()) {
      return "one of " + Arrays.toString(type.getEnumConstants());
    }
    return type.getName().startsWith("java.time.")
        ? "an ISO 8601 " + type.getSimpleName()
        : "an object";
  }
}
