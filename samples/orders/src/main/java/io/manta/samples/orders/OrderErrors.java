package io.manta.samples.orders;

import io.manta.core.MantaException;
import io.manta.core.TaskFailedException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/// Errors as JSON, `application/problem+json`.
@RestControllerAdvice
class OrderErrors extends ResponseEntityExceptionHandler {
  private static final String RETRY_SECONDS = "1";

  @ExceptionHandler
  ProblemDetail badRequest(BadRequestException wrong) {
    return problem(HttpStatus.BAD_REQUEST, wrong);
  }

  @ExceptionHandler
  ProblemDetail unknown(OrderUnknownException unknown) {
    return problem(HttpStatus.NOT_FOUND, unknown);
  }

  @ExceptionHandler
  ProblemDetail refused(OrderRefusedException refused) {
    return problem(HttpStatus.CONFLICT, refused);
  }

  /// What may succeed a moment later: the node of an order died, its actor is being started
  /// elsewhere, or too few nodes could keep a change. Whatever else the runtime throws is a mistake
  /// of this program.
  @ExceptionHandler
  ResponseEntity<ProblemDetail> runtime(MantaException failure) {
    MantaException reason =
        failure instanceof TaskFailedException
                && failure.getCause() instanceof MantaException inside
            ? inside
            : failure;
    HttpStatus status =
        switch (reason.category()) {
          case SYSTEM, RETRY_LATER -> HttpStatus.SERVICE_UNAVAILABLE;
          case CALLER, USER_CODE -> HttpStatus.INTERNAL_SERVER_ERROR;
        };
    var response = ResponseEntity.status(status);
    if (status == HttpStatus.SERVICE_UNAVAILABLE) {
      response.header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
      logger.warn("asked to come again: " + reason.getMessage());
    } else {
      logger.error("a request failed", failure);
    }
    return response.body(problem(status, reason));
  }

  private static ProblemDetail problem(HttpStatus status, Exception failure) {
    return ProblemDetail.forStatusAndDetail(status, String.valueOf(failure.getMessage()));
  }
}
