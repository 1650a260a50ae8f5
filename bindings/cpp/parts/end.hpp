
} // namespace kpclient

#endif // KPCLIENT_HPP
