import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';

/** gRPC status codes that Temporal's frontend gives, as the gRPC specification numbers them. */
const grpc = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What the client of Temporal threw, as an error that says what to do. Errors of our own pass unchanged. */
export function temporalError(error: unknown, doing: string): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const cause = error instanceof ServiceError ? error.cause : error;
  const detail = error instanceof Error ? error.message : String(error);
  if (!isGrpcServiceError(cause))
    return new HoldfastError('process-failed', `${doing} failed: ${detail}`, { cause: error });
  const why = cause.details || detail;
  switch (cause.code) {
    case grpc.unavailable:
    case grpc.deadlineExceeded:
      return new HoldfastError('unreachable', `${doing} failed: Temporal does not answer (${why}).`, {
        hint: 'Check TEMPORAL_ADDRESS and the network, and run the command again: it is safe to repeat.',
        cause: error,
      });
    case grpc.permissionDenied:
      return new HoldfastError('access-denied', `${doing} failed: Temporal refused it (${why}).`, {
        hint: 'Use an API key or certificate whose role may write to this namespace.',
        cause: error,
      });
    case grpc.unauthenticated:
      return new HoldfastError(
        'authentication-failed',
        `${doing} failed: Temporal did not accept the login (${why}).`,
        {
          hint: 'Check TEMPORAL_API_KEY or the TLS certificate.',
          cause: error,
        },
      );
    case grpc.notFound:
      return new HoldfastError('not-found', `${doing} failed: Temporal has no such thing (${why}).`, {
        hint: 'Check TEMPORAL_NAMESPACE, and that the namespace exists.',
        cause: error,
      });
    case grpc.alreadyExists:
      return new HoldfastError('already-exists', `${doing} failed: it exists already (${why}).`, {
        cause: error,
      });
    case grpc.resourceExhausted:
      return new HoldfastError('service-unavailable', `${doing} failed: Temporal limits our rate (${why}).`, {
        hint: 'Wait a minute and run the command again: it is safe to repeat.',
        cause: error,
      });
    default:
      return new HoldfastError('process-failed', `${doing} failed: ${why}`, { cause: error });
  }
}
